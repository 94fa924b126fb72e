-- tables
-- entities
CREATE FUNCTION one() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint';
CREATE FUNCTION two(a integer, b bigint DEFAULT one(), c text DEFAULT 'x, (''y'') "z", ', VARIADIC d text[] DEFAULT '{}') RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE VIEW v AS SELECT two(1) AS two, one() AS one;
CREATE VIEW w AS SELECT two FROM v;
