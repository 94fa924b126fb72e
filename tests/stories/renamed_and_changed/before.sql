-- story: what operations bring back on the way down has its new name until the renames are taken back
-- entities
CREATE FUNCTION f(x integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN x;
CREATE TYPE m AS ENUM ('a', 'b');
CREATE DOMAIN d AS integer;
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, c integer DEFAULT f(2));
CREATE INDEX i ON t (f(a));
CREATE INDEX k ON t (f(a)) WHERE f(a) > 1;
CREATE TABLE u (id serial PRIMARY KEY, a integer DEFAULT f(1), x m DEFAULT 'a'::m, y d);
CREATE TABLE w (id integer PRIMARY KEY, y d, x m DEFAULT 'a'::m);
CREATE INDEX u_i ON u (f(a));
