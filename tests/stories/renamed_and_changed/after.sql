-- entities
-- renamed from f
CREATE FUNCTION g(x integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN x;
-- renamed from m
CREATE TYPE n AS ENUM ('a', 'b');
-- renamed from d
CREATE DOMAIN e AS integer;
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer);
CREATE INDEX i ON t (g(b));
CREATE TABLE w (id integer PRIMARY KEY, y e);
