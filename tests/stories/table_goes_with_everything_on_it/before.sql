-- story: a table goes with its view, trigger, functions over its rows, and a materialized view; another stays, and a view of both
-- compare: populated
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
CREATE TABLE gone (a integer PRIMARY KEY, b text);
-- entities
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON gone FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE gone DISABLE TRIGGER touch;
COMMENT ON TRIGGER touch ON gone IS 'goes';
CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW v AS SELECT gone.a, gone.b FROM gone JOIN t USING (a);
CREATE VIEW w AS SELECT a FROM v UNION SELECT a FROM t;
CREATE FUNCTION of_row(gone) RETURNS text LANGUAGE sql AS 'SELECT $1.b';
CREATE FUNCTION rows() RETURNS SETOF gone LANGUAGE sql AS 'SELECT * FROM public.gone';
CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM gone; END;
CREATE MATERIALIZED VIEW m AS SELECT of_row(r) FROM rows() r;
CREATE INDEX m_of_row ON m (of_row);
CREATE VIEW crossed AS SELECT t.a FROM t, gone;