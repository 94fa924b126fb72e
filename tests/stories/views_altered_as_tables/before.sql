-- story: what is set on views and materialized views as pg_dump writes it, with ALTER TABLE
-- tables
CREATE TABLE t (id integer PRIMARY KEY, n integer);
-- entities
CREATE VIEW v AS SELECT id, n FROM t;
ALTER TABLE ONLY v ALTER COLUMN n SET DEFAULT 4;
CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t;
CREATE INDEX m_i ON m (id);
ALTER TABLE m CLUSTER ON m_i;
ALTER TABLE ONLY m ALTER COLUMN n SET STATISTICS 33;
