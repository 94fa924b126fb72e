-- story: owners change, come and go while the objects are replaced, dropped and made again
-- roles: alice, bob
-- compare: owner
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW v AS SELECT a, b FROM t;
ALTER VIEW v OWNER TO alice;
CREATE VIEW w AS SELECT a FROM v;
ALTER VIEW w OWNER TO alice;
GRANT SELECT ON w TO bob;
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f(integer) OWNER TO alice;
CREATE PROCEDURE p() LANGUAGE sql AS '';
CREATE MATERIALIZED VIEW m AS SELECT b FROM t;
ALTER MATERIALIZED VIEW m OWNER TO bob;
