-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text NOT NULL, c text, d integer, CONSTRAINT positive CHECK (a > 0));
CREATE INDEX t_d ON t (d);
CREATE UNIQUE INDEX t_b ON t (b);
CREATE TABLE left_alone (a integer PRIMARY KEY);
CREATE TABLE "co mes" (a integer PRIMARY KEY, "B b" text);
-- entities
ALTER TABLE t SET (fillfactor = 80, toast.autovacuum_enabled = false);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_b;
ALTER TABLE t ALTER COLUMN c SET STORAGE MAIN;
ALTER TABLE t ALTER COLUMN d SET STATISTICS 100;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
COMMENT ON CONSTRAINT positive ON t IS 'changed';
GRANT SELECT, INSERT ON t TO st_reader;
ALTER TABLE "co mes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "co mes" SET (fillfactor = 50);
ALTER TABLE "co mes" ALTER COLUMN "B b" SET STORAGE EXTERNAL;
ALTER TABLE "co mes" OWNER TO st_writer;
GRANT SELECT ON "co mes" TO st_reader;
