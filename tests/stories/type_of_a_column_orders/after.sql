-- entities
CREATE TYPE pair AS (one integer, other integer);
CREATE FUNCTION pick(pair.one%TYPE) RETURNS integer LANGUAGE sql AS $$ SELECT $1 $$;
-- tables
CREATE TABLE "T t" (id integer PRIMARY KEY, "n.x" integer, k integer DEFAULT pick(1));
-- entities
CREATE FUNCTION base(integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN c(1); END $$;
CREATE VIEW v AS SELECT id, "n.x", base(id) AS b FROM "T t";
CREATE FUNCTION a(v.  "n.x" % /* of a view */ TYPE) RETURNS SETOF public."T t".id%TYPE LANGUAGE sql AS 'SELECT $1 + 1';
COMMENT ON FUNCTION a(v."n.x"%TYPE) IS 'a';
CREATE VIEW z AS SELECT id FROM v;
CREATE FUNCTION c(z.id%TYPE) RETURNS integer LANGUAGE sql AS $$ SELECT $1 $$;
