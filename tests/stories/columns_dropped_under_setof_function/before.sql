-- story: several columns go from a table whose rows a function with a standard body returns; they come back in their order
-- tables
CREATE TABLE t (id integer PRIMARY KEY, c text, a integer, b varchar(10), d date, e numeric(6, 2));
-- entities
CREATE FUNCTION every() RETURNS SETOF t LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM t; END;
