-- story: procedures with every mode of argument change what can be replaced, and what cannot
-- entities
CREATE PROCEDURE p(a integer, INOUT b text DEFAULT 'x', VARIADIC c integer[] DEFAULT '{}') LANGUAGE plpgsql AS $$BEGIN COMMIT; END$$;
CREATE PROCEDURE p(a text) LANGUAGE sql SET search_path TO public, pg_temp AS 'SELECT 1';
CREATE PROCEDURE q(OUT a integer, b text) LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN a := 1; END$$;
CREATE PROCEDURE atomic(x integer) BEGIN ATOMIC SELECT x; END;
CREATE FUNCTION p() RETURNS integer LANGUAGE sql AS 'SELECT 1';
