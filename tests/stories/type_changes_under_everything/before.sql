-- story: a column changes its type under views, a materialized view, a trigger condition, row functions and a standard body; one its domain, over a composite over an enum
-- compare: populated
-- entities
CREATE TYPE state AS ENUM ('new', 'odd', 'done');
CREATE TYPE step AS (state state, at date);
CREATE FUNCTION is_step(s step) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT (s).state IS NOT NULL';
CREATE FUNCTION fits(i integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT i > 0';
CREATE DOMAIN num AS integer CHECK (fits(VALUE));
CREATE DOMAIN good_step AS step CHECK (is_step(VALUE));
-- tables
CREATE TABLE t (a integer PRIMARY KEY, n integer, b varchar(5));
CREATE TABLE job (id integer PRIMARY KEY, step good_step, num num, past state[] DEFAULT ARRAY[]::state[]);
-- entities
CREATE FUNCTION of_row(t) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT $1.n::bigint';
CREATE FUNCTION atomic(x integer) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT n FROM t WHERE a = x; END;
CREATE VIEW v AS SELECT a, n, b, of_row(t) AS r FROM t;
CREATE VIEW w AS SELECT v.*, atomic(v.a) AS atomic FROM v;
CREATE MATERIALIZED VIEW m AS SELECT n, sum(r) AS r FROM w GROUP BY n;
CREATE UNIQUE INDEX m_n ON m (n);
CREATE MATERIALIZED VIEW empty AS SELECT n FROM w WITH NO DATA;
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE OF n ON t FOR EACH ROW WHEN (OLD.n <> NEW.n) EXECUTE FUNCTION tr();
ALTER TABLE t ENABLE REPLICA TRIGGER tr;
CREATE FUNCTION rows() RETURNS SETOF w LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT * FROM w; END';
CREATE VIEW of_rows AS SELECT n FROM rows();
CREATE VIEW state_of_job AS SELECT id, (step).state FROM job;
