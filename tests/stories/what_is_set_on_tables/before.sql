-- story: settings, row security, owners, grants and comments of tables and of their parts come, change and go
-- roles: st_reader, st_writer
-- compare: owner
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text NOT NULL, c text, d integer, CONSTRAINT positive CHECK (a > 0));
CREATE INDEX t_d ON t (d);
CREATE UNIQUE INDEX t_b ON t (b);
CREATE TABLE goes (a integer PRIMARY KEY);
CREATE TABLE left_alone (a integer PRIMARY KEY);
-- entities
ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE t REPLICA IDENTITY FULL;
ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL, ALTER COLUMN d SET STATISTICS 500;
ALTER TABLE t ALTER COLUMN d SET (n_distinct = 5);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
COMMENT ON CONSTRAINT positive ON t IS 'it''s positive';
COMMENT ON INDEX t_d IS 'by d';
GRANT SELECT ON t TO st_reader;
GRANT UPDATE (b) ON t TO st_writer WITH GRANT OPTION;
GRANT SELECT ON left_alone TO st_reader;
ALTER TABLE left_alone ENABLE ROW LEVEL SECURITY;
ALTER TABLE goes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON goes TO PUBLIC;
