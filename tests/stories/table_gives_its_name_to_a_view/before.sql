-- story: a table goes, and a view takes its name under what used it
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
CREATE TABLE x (a integer PRIMARY KEY);
-- entities
CREATE VIEW y AS SELECT x.a FROM x JOIN t USING (a);
GRANT SELECT ON x TO PUBLIC;
COMMENT ON COLUMN y.a IS 'ya';
