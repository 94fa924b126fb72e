-- tables
CREATE TABLE t (a integer PRIMARY KEY);
-- entities
CREATE FUNCTION f(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''integer''';
CREATE FUNCTION f(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''text''';
CREATE FUNCTION f(smallint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''smallint''';
CREATE VIEW v AS SELECT f('1') AS one, f(a::smallint) AS two FROM t;
CREATE VIEW w AS SELECT one FROM v;
CREATE FUNCTION standard() RETURNS text RETURN f('1');
