-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE FUNCTION f(renamed integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT renamed';
CREATE FUNCTION g(x integer, OUT y text, OUT z text) LANGUAGE sql AS 'SELECT ''y'', ''z''';
CREATE FUNCTION h() RETURNS TABLE (h integer) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION k() RETURNS TABLE (a integer, b text, c text) LANGUAGE sql AS 'SELECT 1, ''b'', ''c''';
CREATE FUNCTION w(x integer) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE VIEW v AS SELECT f(a) AS f, g(a)::text AS g FROM t;
CREATE VIEW hs AS SELECT h.h FROM h() h UNION ALL SELECT k.a FROM k();
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW WHEN (f(NEW.a) > 1) EXECUTE FUNCTION tr();
ALTER TABLE t DISABLE TRIGGER tr;
