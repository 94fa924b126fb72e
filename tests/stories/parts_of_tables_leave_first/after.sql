-- entities
CREATE TYPE mood AS ENUM ('b', 'a');
CREATE TYPE span AS RANGE (SUBTYPE = integer, SUBTYPE_DIFF = int4range_subdiff);
CREATE FUNCTION f(a integer, b integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION g(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION h(span) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION i(integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a integer, m mood, s span);
CREATE INDEX t_id ON t (f(id));
CREATE INDEX t_new ON t (f(a));
CREATE INDEX t_s ON t (h(s));
CREATE TABLE comes (id integer PRIMARY KEY, x integer DEFAULT f(3));
-- entities
CREATE VIEW v AS SELECT f(a) AS f FROM t;
