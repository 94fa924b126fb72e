-- tables
CREATE TABLE t (id integer PRIMARY KEY);
-- entities
CREATE VIEW other AS SELECT id FROM t;
