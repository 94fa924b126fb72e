-- tables
CREATE TABLE t1 (id integer PRIMARY KEY, c0 varchar(20), c1 varchar(10));
-- entities
CREATE MATERIALIZED VIEW "v:1" AS SELECT x0.c0 AS k, x0.c1 AS l FROM public.t1 x0;
CREATE MATERIALIZED VIEW v4 AS SELECT x0.c0 AS d, x0.c1 AS e, x1.k AS f FROM t1 x0, "v:1" x1;
CREATE VIEW v3 AS SELECT x0.f AS g FROM v4 x0 WHERE x0.e::text IN ('a', 'b');
COMMENT ON VIEW v3 IS 'comment 6';
CREATE MATERIALIZED VIEW v5 AS SELECT k, f FROM "v:1", v4;
