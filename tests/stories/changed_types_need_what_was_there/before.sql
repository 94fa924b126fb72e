-- story: types under columns change, and need functions, types and an operator that were there before and nothing used
-- tables
-- entities
CREATE FUNCTION ok(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT t <> '' $$;
CREATE FUNCTION longer(a text, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length(a) > b $$;
CREATE OPERATOR |> (FUNCTION = longer, LEFTARG = text, RIGHTARG = integer);
CREATE FUNCTION time_diff(a time, b time) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT extract(epoch FROM a - b)::float8 $$;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN street AS text;
CREATE DOMAIN shade AS text;
CREATE DOMAIN label AS text;
CREATE DOMAIN password AS text;
CREATE TYPE place AS (street text, number integer);
CREATE DOMAIN address AS place;
CREATE TYPE timerange AS RANGE (SUBTYPE = time);
CREATE DOMAIN opening AS timerange CHECK (NOT isempty(VALUE));
-- tables
CREATE TABLE shop (id integer PRIMARY KEY, shade shade, label label, password password, address address, open opening);
