-- story: quotes, dots, blanks, percents, colons, reserved words and long names in every place a name can stand
-- configure: include_schemas=True
-- roles: odd role, select
-- unmanaged
CREATE SCHEMA "My-Schema %s :x";
-- tables
CREATE TABLE "My-Schema %s :x"."Order ""one""" ("select" integer PRIMARY KEY, "a.b c" text, "%(x)s" text);
-- entities
CREATE FUNCTION "My-Schema %s :x"."from"("In" integer, OUT "Out" text, OUT ":y" integer) LANGUAGE sql AS $$SELECT '":''%', "In"$$;
CREATE FUNCTION "My-Schema %s :x"."tr'ig"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE VIEW "My-Schema %s :x"."View :x" AS SELECT "select", "a.b c", ("My-Schema %s :x"."from"("select"))."Out" AS "user" FROM "My-Schema %s :x"."Order ""one""";
CREATE TRIGGER "on %s :x" BEFORE INSERT OR UPDATE OF "a.b c" ON "My-Schema %s :x"."Order ""one""" FOR EACH ROW WHEN (NEW."a.b c" <> '%s :x') EXECUTE FUNCTION "My-Schema %s :x"."tr'ig"('%s', ':x', 'it''s');
CREATE MATERIALIZED VIEW "My-Schema %s :x"."Cached ""one""" AS SELECT "user" FROM "My-Schema %s :x"."View :x";
CREATE INDEX "index %s" ON "My-Schema %s :x"."Cached ""one""" ("user") WHERE "user" <> ':x';
COMMENT ON COLUMN "My-Schema %s :x"."View :x"."a.b c" IS E'%s :x \\: "" '' \\ $$ """';
GRANT SELECT ("a.b c") ON "My-Schema %s :x"."View :x" TO "odd role";
GRANT EXECUTE ON FUNCTION "My-Schema %s :x"."from"(integer) TO "select";
CREATE VIEW abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi AS SELECT 1 AS "order";
