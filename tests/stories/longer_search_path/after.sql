-- tables
CREATE TABLE t (a integer PRIMARY KEY, b bigint);
-- entities
CREATE FUNCTION double(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE VIEW v AS SELECT a, double(b) AS b FROM t;
CREATE VIEW lib.settings AS SELECT name, value FROM setting;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
COMMENT ON VIEW settings IS 'still in lib';
