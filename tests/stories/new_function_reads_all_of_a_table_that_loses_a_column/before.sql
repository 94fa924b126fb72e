-- story: a new function with a standard body reads all columns of a table that loses one in the same revision
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
CREATE TABLE u (a integer PRIMARY KEY, b text);
-- entities
CREATE FUNCTION stays() RETURNS SETOF u LANGUAGE sql BEGIN ATOMIC SELECT * FROM u; END;
