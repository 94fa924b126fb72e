-- story: parameters' defaults call a function whose return type changes; views call all of them
-- tables
-- entities
CREATE FUNCTION one() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION two(a integer, b integer DEFAULT one(), c text DEFAULT 'x, (''y'') "z"', VARIADIC d text[] DEFAULT '{}') RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE VIEW v AS SELECT two(1) AS two, one() AS one;
CREATE VIEW w AS SELECT two FROM v;
