-- entities
-- renamed from state
CREATE TYPE status AS ENUM ('new', 'done');
-- renamed from "Odd "" 1"
CREATE DOMAIN "odd "" 2" AS integer;
-- renamed from st
CREATE FUNCTION fin(s status, n integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'done';
-- renamed from st
CREATE FUNCTION fin(s public.status[]) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s[1] = 'done';
COMMENT ON FUNCTION fin(status[]) IS 'of many';
CREATE FUNCTION stays(s status) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'done';
-- renamed from p
CREATE PROCEDURE q(x "odd "" 2") LANGUAGE sql AS '';
-- tables
CREATE TABLE job (id integer PRIMARY KEY, CONSTRAINT c CHECK (fin('new', 1) = false AND stays('new') = false));
