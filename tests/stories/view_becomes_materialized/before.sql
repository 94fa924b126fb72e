-- story: a view becomes a materialized view of the same name, and a materialized view becomes a view
-- compare: populated
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW one AS SELECT a, b FROM t;
COMMENT ON VIEW one IS 'one';
CREATE MATERIALIZED VIEW two AS SELECT a FROM one;
CREATE UNIQUE INDEX two_a ON two (a);
CREATE VIEW three AS SELECT a FROM two;
