-- story: a composite type that a column has loses the attribute of an enum that is made again
-- entities
CREATE TYPE e1 AS ENUM ('z', 'a', 'b', 'c');
CREATE TYPE k2 AS (x e1);
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c0 k2);
