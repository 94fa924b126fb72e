-- story: an enum loses a value, while the composite type that has it and the column of that type go
-- entities
CREATE TYPE e2 AS ENUM ('a', 'b', 'c');
CREATE TYPE k2 AS (x e2);
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c0 k2);
