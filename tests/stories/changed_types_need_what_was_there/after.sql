-- tables
-- entities
CREATE FUNCTION ok(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT t <> '' $$;
CREATE FUNCTION longer(a text, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length(a) > b $$;
CREATE OPERATOR |> (FUNCTION = longer, LEFTARG = text, RIGHTARG = integer);
CREATE FUNCTION time_diff(a time, b time) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT extract(epoch FROM a - b)::float8 $$;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN street AS text;
CREATE DOMAIN shade AS colour;
CREATE DOMAIN label AS varchar(10) DEFAULT 'x' CHECK (ok(VALUE));
CREATE DOMAIN password AS varchar(72) CHECK (VALUE |> 7);
CREATE TYPE place AS (street street, number integer);
CREATE DOMAIN address AS place;
CREATE TYPE timerange AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = time_diff);
CREATE DOMAIN opening AS timerange CHECK (NOT isempty(VALUE));
-- tables
CREATE TABLE shop (id integer PRIMARY KEY, shade shade, label label, password password, address address, open opening);
