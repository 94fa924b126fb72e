-- story: comments, grants and owners of all kinds come, change and go; what never had a line stays as it is
-- roles: reader, writer
-- compare: owner
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW v AS SELECT a, b FROM t;
COMMENT ON VIEW v IS 'goes';
COMMENT ON COLUMN v.a IS 'goes too';
COMMENT ON COLUMN v.b IS 'changes';
GRANT SELECT, UPDATE (b) ON v TO reader;
GRANT SELECT ON v TO writer WITH GRANT OPTION;
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
GRANT ALL ON m TO reader;
CREATE FUNCTION f(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION f(integer, text) IS 'goes';
REVOKE EXECUTE ON FUNCTION f(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION f(integer, text) TO reader;
CREATE PROCEDURE p() LANGUAGE sql AS '';
ALTER PROCEDURE p() OWNER TO reader;
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tr();
COMMENT ON TRIGGER tr ON t IS 'changes';
