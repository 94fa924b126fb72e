-- story: an enum that a column has loses a value, while a composite type that has it and the column of that type go
-- entities
CREATE TYPE e2 AS ENUM ('a', 'b', 'c');
CREATE TYPE k2 AS (x e2);
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c1 e2 DEFAULT 'a', c0 k2);
-- entities
CREATE VIEW v AS SELECT c0, c1 FROM t1;
