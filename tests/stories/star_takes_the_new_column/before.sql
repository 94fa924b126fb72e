-- story: SELECT * takes a column that a table gains: the words are the same, the view is not
-- compare: populated
-- tables
CREATE TABLE t (a integer PRIMARY KEY, b text);
-- entities
CREATE VIEW v AS SELECT * FROM t;
COMMENT ON VIEW v IS 'all of t';
CREATE VIEW w AS SELECT a, b FROM v;
CREATE VIEW x AS SELECT v.* FROM v;
CREATE MATERIALIZED VIEW m AS SELECT * FROM x;
CREATE FUNCTION atomic() RETURNS SETOF t LANGUAGE sql BEGIN ATOMIC SELECT * FROM t; END;
