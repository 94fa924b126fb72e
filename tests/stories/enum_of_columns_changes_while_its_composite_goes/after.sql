-- entities
CREATE TYPE e2 AS ENUM ('a', 'x', 'b');
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c1 e2 DEFAULT 'a');
-- entities
CREATE VIEW v AS SELECT c1 FROM t1;
