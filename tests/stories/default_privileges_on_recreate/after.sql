-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW v AS SELECT b, a FROM t;
REVOKE ALL ON v FROM reader;
GRANT SELECT ON v TO writer;
CREATE VIEW w AS SELECT a, b FROM v;
CREATE FUNCTION f(x integer) RETURNS bigint LANGUAGE sql AS 'SELECT x::bigint';
REVOKE ALL ON FUNCTION f(integer) FROM reader;
GRANT EXECUTE ON FUNCTION f(integer) TO PUBLIC;
CREATE FUNCTION g(x integer) RETURNS bigint LANGUAGE sql AS 'SELECT x::bigint';
