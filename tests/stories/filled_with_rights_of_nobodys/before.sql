-- story: what is filled needs owners and grants that nobody declared
-- roles: alice, bob
-- compare: owner, populated
-- unmanaged
GRANT CREATE ON SCHEMA public TO alice, bob;
CREATE TABLE raw (id integer PRIMARY KEY, n integer);
ALTER TABLE raw OWNER TO alice;
GRANT SELECT ON raw TO bob;
CREATE TABLE rest (id integer PRIMARY KEY, n integer);
GRANT SELECT ON rest TO alice;
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a';
REVOKE ALL ON FUNCTION f FROM PUBLIC;
GRANT EXECUTE ON FUNCTION f TO alice, bob;
-- tables
-- entities
CREATE VIEW v AS SELECT id, f(n) AS n FROM raw;
ALTER VIEW v OWNER TO alice;
CREATE MATERIALIZED VIEW m AS SELECT id, n FROM v;
GRANT SELECT ON rest TO bob;
CREATE VIEW w AS SELECT id FROM rest;
ALTER VIEW w OWNER TO alice;
CREATE MATERIALIZED VIEW l AS SELECT id FROM w;
