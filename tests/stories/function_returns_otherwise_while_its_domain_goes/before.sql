-- story: a function changes what it returns, while the domain that calls it and the column of that domain go
-- entities
CREATE FUNCTION f4() RETURNS integer LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT 22 LIMIT 1); END';
CREATE DOMAIN d3 AS text CHECK ((f4()) IS NOT NULL);
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c0 date);
CREATE TABLE t2 (id integer PRIMARY KEY, c0 integer, c1 d3);
