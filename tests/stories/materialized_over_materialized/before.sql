-- story: materialized views over each other: indexes, storage parameters and data come, change and go
-- compare: populated
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE MATERIALIZED VIEW one AS SELECT a, b FROM t;
CREATE UNIQUE INDEX one_a ON one (a) INCLUDE (b);
CREATE INDEX one_b ON one USING hash (b);
COMMENT ON INDEX one_a IS 'stays';
CREATE MATERIALIZED VIEW two WITH (fillfactor = 70) AS SELECT a FROM one;
CREATE UNIQUE INDEX two_a ON two (a);
CREATE MATERIALIZED VIEW three AS SELECT one.a FROM one JOIN two USING (a) WITH NO DATA;
CREATE INDEX three_a ON three (a) WITH (fillfactor = 50);
ALTER MATERIALIZED VIEW three CLUSTER ON three_a;
