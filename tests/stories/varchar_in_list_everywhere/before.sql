-- story: varchar IN lists in views, materialized views, trigger conditions and standard bodies change, and stay quiet
-- tables
CREATE TABLE t (a integer PRIMARY KEY, state varchar(10));
-- entities
CREATE VIEW v AS SELECT a FROM t WHERE state IN ('new', 'open');
CREATE VIEW w AS SELECT a FROM v WHERE a NOT IN (1, 2);
CREATE MATERIALIZED VIEW m AS SELECT a, state NOT IN ('done', 'x') AS open FROM t;
CREATE INDEX m_open ON m (a) WHERE open;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.state IN ('new', 'open')) EXECUTE FUNCTION f();
CREATE FUNCTION is_open(state varchar) RETURNS boolean RETURN state IN ('new', 'open');
