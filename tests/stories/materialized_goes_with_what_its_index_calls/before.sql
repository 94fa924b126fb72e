-- story: materialized views go with functions that only their indexes call, one of them over the view's own rows
-- tables
CREATE TABLE t (id integer PRIMARY KEY);
-- entities
CREATE FUNCTION two() RETURNS integer IMMUTABLE RETURN 2;
CREATE FUNCTION times(a integer, b integer DEFAULT two()) RETURNS integer IMMUTABLE RETURN a * b;
CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
CREATE INDEX m_times ON m (times(id));
CREATE VIEW other AS SELECT id FROM t;
CREATE MATERIALIZED VIEW n AS SELECT id FROM t;
CREATE FUNCTION of_row(n) RETURNS integer IMMUTABLE RETURN $1.id;
CREATE INDEX n_of_row ON n (of_row(n));
