-- entities
CREATE PROCEDURE job(a integer) LANGUAGE sql AS '';
GRANT EXECUTE ON PROCEDURE job(integer) TO reader;
CREATE FUNCTION task(INOUT a integer) LANGUAGE sql AS 'SELECT a';
REVOKE ALL ON FUNCTION task(integer) FROM PUBLIC;
COMMENT ON FUNCTION task(integer) IS 'a task';
CREATE VIEW data AS SELECT 1 AS data;
CREATE VIEW uses AS SELECT data FROM data;
