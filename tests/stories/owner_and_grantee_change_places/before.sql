-- story: the owner of yesterday is the grantee of today, and the other way round
-- roles: alice, bob
-- compare: owner
-- entities
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f() OWNER TO alice;
GRANT ALL ON FUNCTION f() TO alice;
GRANT ALL ON FUNCTION f() TO bob;
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v OWNER TO alice;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS a, 2 AS b;
ALTER MATERIALIZED VIEW m OWNER TO bob;
GRANT SELECT ON m TO alice WITH GRANT OPTION;
CREATE VIEW w AS SELECT 1 AS a;
ALTER VIEW w OWNER TO alice;
GRANT SELECT (a) ON w TO bob;
REVOKE UPDATE ON w FROM alice;
