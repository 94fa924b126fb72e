-- story: a materialized view comes to read another one, and one that reads both arrives; all hold their rows
-- compare: populated
-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c0 varchar(20), c1 varchar(10));
-- entities
CREATE MATERIALIZED VIEW "v:1" AS SELECT x0.c0 AS k, x0.c1 AS l FROM public.t1 x0;
CREATE MATERIALIZED VIEW v4 AS SELECT 2 AS h;
CREATE VIEW v3 AS SELECT x0.h AS g FROM v4 x0 WHERE x0.h::text IN ('a', 'b');
COMMENT ON VIEW v3 IS 'comment 6';
