-- tables
CREATE TABLE counter (name text PRIMARY KEY, n integer);
-- entities
CREATE FUNCTION next_of(text) RETURNS integer LANGUAGE sql AS 'UPDATE counter SET n = n + 1 WHERE name = $1 RETURNING n';
CREATE FUNCTION of_counter(counter) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1.n';
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b integer DEFAULT next_of('t'));
CREATE TABLE u (a integer PRIMARY KEY DEFAULT next_of('u'), b text);
-- entities
CREATE VIEW v AS SELECT t.b, of_counter(c) AS c FROM t, counter c;
