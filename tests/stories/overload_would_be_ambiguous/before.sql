-- story: a function gains a parameter with a default: as long as the old one is there, a call is ambiguous
-- tables
CREATE TABLE t (a integer PRIMARY KEY);
-- entities
CREATE FUNCTION f(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x';
CREATE VIEW v AS SELECT f(a) AS f FROM t;
CREATE MATERIALIZED VIEW m AS SELECT f FROM v;
CREATE FUNCTION g() RETURNS integer RETURN f(1);
