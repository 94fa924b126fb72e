-- story: a changed view takes along views that nobody declared, with their grants, comments, options and defaults
-- roles: reader
-- compare: owner, populated
-- unmanaged
CREATE TABLE legacy (id integer PRIMARY KEY, a text, b text);
CREATE VIEW base AS SELECT id, a, b FROM legacy;
CREATE VIEW theirs WITH (security_barrier) AS SELECT id, a FROM base;
ALTER VIEW theirs ALTER COLUMN a SET DEFAULT 'x';
GRANT SELECT ON theirs TO reader WITH GRANT OPTION;
GRANT UPDATE (a) ON theirs TO reader;
COMMENT ON VIEW theirs IS E'it''s\n"theirs" %s :x';
COMMENT ON COLUMN theirs.a IS 'a column';
CREATE MATERIALIZED VIEW cached AS SELECT a, count(*) FROM theirs GROUP BY a;
CREATE INDEX cached_a ON cached (a) WITH (fillfactor = 80);
ALTER MATERIALIZED VIEW cached OWNER TO reader;
COMMENT ON INDEX cached_a IS 'an index';
-- entities
CREATE OR REPLACE VIEW base AS SELECT id, a, b FROM legacy;
