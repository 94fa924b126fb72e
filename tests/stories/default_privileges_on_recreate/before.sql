-- story: default privileges grant to whatever is made; what is made again has the grants that it had
-- roles: reader, writer
-- unmanaged
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO reader;
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW v AS SELECT a, b FROM t;
REVOKE ALL ON v FROM reader;
GRANT SELECT ON v TO writer;
CREATE VIEW w AS SELECT a, b FROM v;
CREATE FUNCTION f(x integer) RETURNS integer LANGUAGE sql AS 'SELECT x';
REVOKE ALL ON FUNCTION f(integer) FROM reader;
GRANT EXECUTE ON FUNCTION f(integer) TO PUBLIC;
CREATE FUNCTION g(x integer) RETURNS integer LANGUAGE sql AS 'SELECT x';
