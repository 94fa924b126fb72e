-- entities
CREATE TYPE e2 AS ENUM ('a', 'x', 'b');
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY);
