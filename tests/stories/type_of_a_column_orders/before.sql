-- story: what takes the type of a column of a view, or of a type, is made after that, though pg_depend does not tell
-- tables
CREATE TABLE "T t" (id integer PRIMARY KEY, "n.x" integer);
-- entities
CREATE VIEW v AS SELECT "n.x" FROM "T t";
CREATE FUNCTION a(v.  "n.x" % /* of a view */ TYPE) RETURNS SETOF public."T t".id%TYPE LANGUAGE sql AS 'SELECT $1';
COMMENT ON FUNCTION a(v."n.x"%TYPE) IS 'a';
CREATE FUNCTION base(integer) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
