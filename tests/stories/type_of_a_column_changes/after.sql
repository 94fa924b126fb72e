-- tables
CREATE TABLE t (id integer PRIMARY KEY, n bigint, a bigint, b integer);
-- entities
CREATE FUNCTION top() RETURNS t.n%TYPE LANGUAGE sql AS 'SELECT 1';
-- tables
CREATE TABLE u (id integer PRIMARY KEY, k bigint DEFAULT top());
-- entities
CREATE FUNCTION plus(x t.n % type, y public.t.n%TYPE) RETURNS t.n%TYPE LANGUAGE sql IMMUTABLE AS 'SELECT x + y';
COMMENT ON FUNCTION plus(t.n%TYPE, t.n%TYPE) IS 'plus';
GRANT EXECUTE ON FUNCTION plus(t.n%TYPE, t.n%TYPE) TO reader;
CREATE AGGREGATE total(t.n%TYPE) (sfunc = plus, stype = t.n%TYPE);
CREATE PROCEDURE put(x t.n%TYPE) LANGUAGE sql AS 'UPDATE public.t SET n = x';
CREATE FUNCTION all_of() RETURNS TABLE (x t.n%TYPE) LANGUAGE sql BEGIN ATOMIC SELECT n FROM t; END;
CREATE FUNCTION which(x t.a%TYPE) RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$;
CREATE FUNCTION which(x t.b%TYPE) RETURNS text LANGUAGE sql AS $$ SELECT 'b' $$;
CREATE VIEW v AS SELECT total(n) AS s, top() AS m FROM t;
CREATE FUNCTION of_view(x v.s%TYPE) RETURNS text LANGUAGE sql AS 'SELECT x::text';
CREATE VIEW w AS SELECT x, which(x) FROM all_of();
