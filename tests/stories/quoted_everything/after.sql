-- tables
CREATE TABLE "My-Schema %s :x"."Order ""one""" ("select" integer PRIMARY KEY, "a.b c" varchar(10), "%(x)s" text);
-- entities
CREATE FUNCTION "My-Schema %s :x"."from"("In" integer, OUT "Out" text, OUT ":y" integer) LANGUAGE sql AS $$SELECT '":''% %%', "In"$$;
CREATE FUNCTION "My-Schema %s :x"."tr'ig"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
CREATE VIEW "My-Schema %s :x"."View :x" AS SELECT "select", "a.b c" || ':z' AS "a.b c", ("My-Schema %s :x"."from"("select"))."Out" AS "user" FROM "My-Schema %s :x"."Order ""one""";
CREATE TRIGGER "on %s :x" BEFORE INSERT OR UPDATE OF "a.b c" ON "My-Schema %s :x"."Order ""one""" FOR EACH ROW WHEN (NEW."a.b c" <> '%s :y') EXECUTE FUNCTION "My-Schema %s :x"."tr'ig"('%s', ':x', 'it''s');
CREATE MATERIALIZED VIEW "My-Schema %s :x"."Cached ""one""" AS SELECT "user" FROM "My-Schema %s :x"."View :x";
CREATE INDEX "index %s" ON "My-Schema %s :x"."Cached ""one""" ("user") WHERE "user" <> ':y';
COMMENT ON COLUMN "My-Schema %s :x"."View :x"."a.b c" IS E'%s :x \\: "" '' \\ $$ """\nline';
GRANT SELECT ("a.b c", "user") ON "My-Schema %s :x"."View :x" TO "odd role";
REVOKE ALL ON FUNCTION "My-Schema %s :x"."from"(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "My-Schema %s :x"."from"(integer) TO "select";
CREATE VIEW abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi AS SELECT 2 AS "order";
