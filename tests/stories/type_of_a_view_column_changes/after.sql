-- tables
CREATE TABLE t (id integer PRIMARY KEY, n integer);
-- entities
CREATE VIEW v AS SELECT id, n::bigint AS n FROM t;
CREATE FUNCTION top() RETURNS v.n%TYPE LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';
CREATE FUNCTION same(OUT a v.id%TYPE) LANGUAGE plpgsql STABLE AS 'BEGIN a := 1; END';
CREATE VIEW w AS SELECT top();
