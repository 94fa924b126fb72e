-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE FUNCTION code(x bigint) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT x::text';
COMMENT ON FUNCTION code(bigint) IS 'a code';
CREATE VIEW v AS SELECT code(a) AS code FROM t;
CREATE MATERIALIZED VIEW m AS SELECT code FROM v;
CREATE INDEX m_code ON m (code(length(code)));
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := code(NEW.a); RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (code(NEW.a) <> '') EXECUTE FUNCTION tr();
CREATE PROCEDURE p(INOUT x text) LANGUAGE sql AS 'SELECT code(length(x))';
