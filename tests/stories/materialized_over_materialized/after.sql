-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE MATERIALIZED VIEW one AS SELECT b, a, 1 AS c FROM t;
CREATE UNIQUE INDEX one_a ON one (a) INCLUDE (b);
CREATE INDEX one_b2 ON one USING hash (b);
COMMENT ON INDEX one_a IS 'stays';
CREATE MATERIALIZED VIEW two WITH (fillfactor = 80, autovacuum_enabled = false) AS SELECT a FROM one;
CREATE INDEX two_a ON two (a DESC);
CREATE MATERIALIZED VIEW three AS SELECT one.a FROM one JOIN two USING (a);
CREATE INDEX three_a ON three (a) WITH (fillfactor = 60);
