-- story: what was restored from a dump prints otherwise than what was written; nothing is found to do for it
-- unmanaged
CREATE TABLE t (a integer PRIMARY KEY, state varchar(10), code varchar(5)[]);
CREATE VIEW v AS SELECT t.a, t.state FROM t WHERE ((t.state)::text = ANY ((ARRAY['new'::character varying, 'open'::character varying])::text[]));
CREATE MATERIALIZED VIEW m AS SELECT v.a, (((v.state)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])) OR (v.a = ANY (ARRAY[1, 2]))) AS is_it FROM v;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (((new.state)::text = ANY ((ARRAY['new'::character varying, 'open'::character varying])::text[]))) EXECUTE FUNCTION f();
-- entities
CREATE VIEW other AS SELECT a FROM t WHERE state IN ('a', 'b') OR code[1] IN ('c', 'd');
