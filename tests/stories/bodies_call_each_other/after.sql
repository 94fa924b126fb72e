-- tables
CREATE TABLE t (a integer PRIMARY KEY);
-- entities
CREATE FUNCTION even(n integer) RETURNS boolean LANGUAGE sql AS 'SELECT n = 0 OR odd(n - 1)';
CREATE FUNCTION odd(n integer) RETURNS boolean LANGUAGE sql AS 'SELECT n <> 0 AND even(n - 1) AND last(n)';
CREATE FUNCTION a_first(n integer) RETURNS boolean LANGUAGE sql AS 'SELECT zz_last(n) FROM numbers';
CREATE FUNCTION last(n integer) RETURNS boolean LANGUAGE sql AS 'SELECT a_first(n)';
CREATE FUNCTION zz_last(n integer) RETURNS boolean LANGUAGE sql AS 'SELECT even(n)';
CREATE VIEW numbers AS SELECT a, odd(a) FROM t;
