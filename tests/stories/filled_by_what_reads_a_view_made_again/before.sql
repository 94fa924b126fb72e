-- story: a matview is populated through a security definer function that reads a view made again
-- roles: alice
-- compare: owner, populated
-- tables
CREATE TABLE t (id integer PRIMARY KEY, n integer);
-- entities
CREATE VIEW x AS SELECT id, n FROM t;
GRANT SELECT ON x TO alice;
CREATE FUNCTION sd() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$ BEGIN RETURN (SELECT count(*) FROM public.x); END $$;
ALTER FUNCTION sd() OWNER TO alice;
CREATE MATERIALIZED VIEW m AS SELECT sd() AS c, max(n) AS n FROM x;
