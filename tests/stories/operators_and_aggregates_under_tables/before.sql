-- story: an operator and an aggregate are made again under checks and defaults of tables and a materialized view of an own access method
-- entities
CREATE ACCESS METHOD heapy TYPE TABLE HANDLER heap_tableam_handler;
CREATE FUNCTION eq(a integer, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a = b';
CREATE OPERATOR === (FUNCTION = eq, LEFTARG = integer, RIGHTARG = integer);
CREATE AGGREGATE most(integer) (SFUNC = int4larger, STYPE = integer);
CREATE FUNCTION through(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT most(x) FROM (VALUES (a)) v (x)';
-- tables
CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT through(1), CHECK (a === id));
-- entities
CREATE MATERIALIZED VIEW mv USING heapy AS SELECT id, a === 1 AS b FROM t;
