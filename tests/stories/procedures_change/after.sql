-- entities
CREATE PROCEDURE p(aa integer, INOUT b text DEFAULT 'y', VARIADIC c integer[] DEFAULT '{1,2}') LANGUAGE plpgsql AS $$BEGIN COMMIT; END$$;
CREATE PROCEDURE p(a text) LANGUAGE sql SET search_path TO '' AS 'SELECT 2';
CREATE PROCEDURE q(OUT a integer, b text, OUT c integer) LANGUAGE plpgsql AS $$BEGIN a := 1; END$$;
CREATE PROCEDURE atomic(x integer) BEGIN ATOMIC SELECT x + 1; SELECT 2; END;
CREATE PROCEDURE p(a integer) LANGUAGE sql AS 'SELECT 1';
