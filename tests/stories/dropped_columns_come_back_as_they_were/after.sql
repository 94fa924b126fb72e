-- tables
CREATE TABLE t (id integer PRIMARY KEY);
CREATE TABLE u (id integer PRIMARY KEY);
-- entities
CREATE VIEW v AS SELECT id FROM t;
