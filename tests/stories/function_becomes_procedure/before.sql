-- story: a function becomes a procedure of the same name and arguments, and the other way round; a third becomes a view
-- roles: reader
-- entities
CREATE FUNCTION job(a integer) RETURNS void LANGUAGE sql AS '';
GRANT EXECUTE ON FUNCTION job(integer) TO reader;
COMMENT ON FUNCTION job(integer) IS 'a job';
CREATE PROCEDURE task(INOUT a integer) LANGUAGE sql AS 'SELECT a';
REVOKE ALL ON PROCEDURE task(integer) FROM PUBLIC;
CREATE FUNCTION data() RETURNS SETOF integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW uses AS SELECT data() AS data;
