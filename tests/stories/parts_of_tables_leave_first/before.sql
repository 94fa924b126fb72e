-- story: an index and a default go while what they use gains a parameter, changes its type or moves: they go first
-- entities
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TYPE span AS RANGE (SUBTYPE = integer);
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE FUNCTION g(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION h(span) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION i(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a integer, m mood, s span, x integer DEFAULT i(1));
CREATE INDEX t_f ON t (f(a));
CREATE INDEX t_id ON t (f(id));
CREATE INDEX t_g ON t (g(m)) WHERE m = 'c';
CREATE INDEX t_h ON t (h(s)) WHERE NOT isempty(s);
CREATE INDEX t_s ON t (h(s));
CREATE INDEX t_i ON t (i(a));
CREATE TABLE goes (id integer PRIMARY KEY, m mood, x integer DEFAULT f(2));
CREATE INDEX goes_g ON goes (g(m));
-- entities
CREATE VIEW v AS SELECT f(a) AS f FROM t;
