-- story: the last column of a table gets another name, and so do the columns of the views over it
-- compare: populated
-- tables
CREATE TABLE t (a integer PRIMARY KEY, old text);
-- entities
CREATE VIEW v AS SELECT a, old FROM t;
CREATE VIEW w AS SELECT old AS x FROM v;
CREATE MATERIALIZED VIEW m AS SELECT x FROM w;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE OF old ON t FOR EACH ROW WHEN (OLD.old <> NEW.old) EXECUTE FUNCTION f();
