-- story: bodies of SQL functions call each other in a cycle, and functions and views that are only made later
-- unmanaged
SET check_function_bodies = off;
-- tables
CREATE TABLE t (a integer PRIMARY KEY);
-- entities
CREATE FUNCTION even(n integer) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN n = 0; END';
