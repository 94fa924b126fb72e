-- story: what is filled reads through a view of another owner, whose grant on the table is declared; both change places
-- roles: alice, bob
-- compare: owner, populated
-- unmanaged
GRANT CREATE ON SCHEMA public TO alice, bob;
-- tables
CREATE TABLE t (id integer PRIMARY KEY, n integer);
-- entities
GRANT SELECT ON t TO alice;
CREATE VIEW v AS SELECT id, n FROM t;
ALTER VIEW v OWNER TO alice;
CREATE MATERIALIZED VIEW m AS SELECT id, n FROM v;
ALTER MATERIALIZED VIEW m OWNER TO bob;
CREATE UNIQUE INDEX m_id ON m (id);
