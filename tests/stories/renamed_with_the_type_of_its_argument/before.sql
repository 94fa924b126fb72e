-- story: a type and what has it as argument are renamed at once: what a check calls, an overload, a procedure
-- entities
CREATE TYPE state AS ENUM ('new', 'done');
CREATE DOMAIN "Odd "" 1" AS integer;
CREATE FUNCTION st(s state, n integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'done';
CREATE FUNCTION st(s state[]) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s[1] = 'done';
COMMENT ON FUNCTION st(state[]) IS 'of many';
CREATE FUNCTION stays(s state) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'done';
CREATE PROCEDURE p(x "Odd "" 1") LANGUAGE sql AS '';
-- tables
CREATE TABLE job (id integer PRIMARY KEY, CONSTRAINT c CHECK (st('new', 1) = false AND stays('new') = false));
