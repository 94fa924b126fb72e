-- story: objects that were there before us are adopted by declaring them, changed, and given back by a downgrade
-- roles: reader
-- unmanaged
CREATE TABLE t (a integer PRIMARY KEY, b text);
CREATE FUNCTION public.legacy(IN x integer, y text DEFAULT 'a''b') RETURNS SETOF text AS $body$
    SELECT y
$body$ LANGUAGE sql;
CREATE VIEW legacy AS SELECT * FROM t;
GRANT SELECT ON legacy TO reader;
COMMENT ON VIEW legacy IS 'old';
CREATE FUNCTION legacy_tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER legacy BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION legacy_tr();
ALTER TABLE t DISABLE TRIGGER legacy;
CREATE FUNCTION untouched() RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- entities
CREATE OR REPLACE FUNCTION legacy(x integer, y text DEFAULT 'a''b') RETURNS SETOF text LANGUAGE sql AS $$SELECT y || 'x'$$;
CREATE OR REPLACE VIEW legacy AS SELECT a, b FROM t;
