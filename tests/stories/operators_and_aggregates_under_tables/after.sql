-- entities
CREATE ACCESS METHOD heapy TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD heapy IS 'it''s';
CREATE FUNCTION eq(x integer, y integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x = y';
CREATE OPERATOR === (FUNCTION = eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ===);
CREATE AGGREGATE most(integer) (SFUNC = int4larger, STYPE = integer, COMBINEFUNC = int4larger, PARALLEL = SAFE);
CREATE FUNCTION through(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT most(x) FROM (VALUES (a)) v (x)';
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT through(1), CHECK (a === id));
-- entities
CREATE MATERIALIZED VIEW mv USING heapy AS SELECT id, a === 1 AS b FROM t;
