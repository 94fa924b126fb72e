"""Materialized views: https://www.postgresql.org/docs/current/sql-creatematerializedview.html."""

from tests.contract.edits import Example

TABLE = "CREATE TABLE t (a integer PRIMARY KEY, b text, c varchar(10), d int[], r int4range);"

EXAMPLES = (
    Example(
        "plain",
        tables=TABLE,
        before="""
            CREATE MATERIALIZED VIEW stays AS SELECT a FROM t;
            CREATE MATERIALIZED VIEW changes (x, y) AS SELECT a, b FROM t;
            CREATE MATERIALIZED VIEW goes AS SELECT 1 AS one;
        """,
        after="""
            CREATE MATERIALIZED VIEW stays AS SELECT a FROM t;
            CREATE MATERIALIZED VIEW changes (x, z) AS SELECT a, b FROM t WHERE c IN ('a', 'b');
            CREATE MATERIALIZED VIEW comes AS SELECT x FROM changes;
        """,
        portable=True,
    ),
    Example(
        "data",
        tables=TABLE,
        before="""
            CREATE MATERIALIZED VIEW filled AS SELECT a FROM t WITH DATA;
            CREATE MATERIALIZED VIEW empty AS SELECT a FROM t WITH NO DATA;
            CREATE MATERIALIZED VIEW over AS SELECT a FROM filled;
        """,
        after="""
            CREATE MATERIALIZED VIEW filled AS SELECT a, b FROM t;
            CREATE MATERIALIZED VIEW empty AS SELECT a, b FROM t WITH NO DATA;
            CREATE MATERIALIZED VIEW over AS SELECT a FROM filled;
        """,
        portable=True,
    ),
    Example(
        "indexes",
        tables=TABLE,
        before="""
            CREATE FUNCTION norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
            CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
            CREATE UNIQUE INDEX m_key ON m (a DESC NULLS LAST, b COLLATE "C" text_pattern_ops) INCLUDE (c) WITH (fillfactor = 70) WHERE b IS NOT NULL;
            CREATE INDEX "M expr" ON m (norm(b), (a + 1));
            CREATE INDEX m_gin ON m USING gin (d) WITH (fastupdate = off);
            CREATE INDEX m_gist ON m USING gist (r);
            CREATE INDEX m_hash ON m USING hash (a);
            CREATE INDEX m_brin ON m USING brin (a) WITH (pages_per_range = 4);
            CREATE INDEX m_in ON m (a) WHERE c IN ('x', 'y');
            ALTER INDEX "M expr" ALTER COLUMN 2 SET STATISTICS 300;
            ALTER MATERIALIZED VIEW m CLUSTER ON m_gist;
            COMMENT ON INDEX m_key IS 'the key';
        """,
        after="""
            CREATE FUNCTION norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
            CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
            CREATE UNIQUE INDEX m_key ON m (a DESC NULLS FIRST, b COLLATE "C" text_pattern_ops) INCLUDE (c, d) WITH (fillfactor = 60) WHERE b IS NOT NULL;
            CREATE INDEX "M expr" ON m (norm(b), (a + 2));
            CREATE INDEX m_gin ON m USING gin (d) WITH (fastupdate = on);
            CREATE INDEX m_gist2 ON m USING gist (r);
            CREATE INDEX m_hash ON m USING hash (b);
            CREATE INDEX m_in ON m (a) WHERE c IN ('x', 'z');
            COMMENT ON INDEX m_key IS 'still the key';
        """,
        portable=True,
    ),
    Example(
        "kept when the query changes",
        tables=TABLE,
        head=(("roles", "alice, bob"),),
        before="""
            CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
            CREATE UNIQUE INDEX m_a ON m (a);
            CREATE INDEX m_b ON m (b) WITH (fillfactor = 50);
            ALTER MATERIALIZED VIEW m ALTER COLUMN b SET STATISTICS 500;
            ALTER MATERIALIZED VIEW m ALTER COLUMN b SET STORAGE EXTERNAL;
            ALTER MATERIALIZED VIEW m OWNER TO alice;
            GRANT SELECT ON m TO bob WITH GRANT OPTION;
            GRANT SELECT (a) ON m TO PUBLIC;
            COMMENT ON MATERIALIZED VIEW m IS 'm';
            COMMENT ON COLUMN m.a IS 'a';
            COMMENT ON INDEX m_a IS 'key';
            CREATE VIEW v AS SELECT a FROM m;
            GRANT SELECT ON v TO bob;
        """,
        after="""
            CREATE MATERIALIZED VIEW m AS SELECT b, a, c FROM t;
            CREATE UNIQUE INDEX m_a ON m (a);
            CREATE INDEX m_b ON m (b) WITH (fillfactor = 50);
            ALTER MATERIALIZED VIEW m ALTER COLUMN b SET STATISTICS 500;
            ALTER MATERIALIZED VIEW m ALTER COLUMN b SET STORAGE EXTERNAL;
            ALTER MATERIALIZED VIEW m OWNER TO alice;
            GRANT SELECT ON m TO bob WITH GRANT OPTION;
            GRANT SELECT (a) ON m TO PUBLIC;
            COMMENT ON MATERIALIZED VIEW m IS 'm';
            COMMENT ON COLUMN m.a IS 'a';
            COMMENT ON INDEX m_a IS 'key';
            CREATE VIEW v AS SELECT a FROM m;
            GRANT SELECT ON v TO bob;
        """,
    ),
    Example(
        "storage parameters",
        tables=TABLE,
        before="""
            CREATE MATERIALIZED VIEW m WITH (fillfactor = 70, autovacuum_enabled = false) AS SELECT a FROM t;
            CREATE MATERIALIZED VIEW n AS SELECT a FROM t;
            ALTER MATERIALIZED VIEW n SET (fillfactor = 50);
            CREATE MATERIALIZED VIEW o TABLESPACE pg_default AS SELECT a, b FROM t;
            ALTER MATERIALIZED VIEW o ALTER COLUMN b SET COMPRESSION pglz;
        """,
        after="""
            CREATE MATERIALIZED VIEW m WITH (fillfactor = 80) AS SELECT a FROM t;
            CREATE MATERIALIZED VIEW n AS SELECT a FROM t;
            CREATE MATERIALIZED VIEW o USING heap AS SELECT a, b FROM t;
            ALTER MATERIALIZED VIEW o ALTER COLUMN b SET STATISTICS 50, ALTER COLUMN a SET (n_distinct = 5);
        """,
        portable=True,
    ),
    Example(
        "chains over changing columns",
        tables=TABLE,
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text, c varchar(20), d int[], r int4range);",
        before="""
            CREATE VIEW v AS SELECT a, c FROM t;
            CREATE MATERIALIZED VIEW one AS SELECT a, c FROM v;
            CREATE UNIQUE INDEX one_a ON one (a);
            CREATE MATERIALIZED VIEW two AS SELECT max(a) AS a FROM one;
            CREATE INDEX two_a ON two (a);
            CREATE MATERIALIZED VIEW apart AS SELECT b FROM t;
            CREATE INDEX apart_b ON apart (b);
        """,
        after="""
            CREATE VIEW v AS SELECT a, c FROM t;
            CREATE MATERIALIZED VIEW one AS SELECT a, c FROM v;
            CREATE UNIQUE INDEX one_a ON one (a);
            CREATE MATERIALIZED VIEW two AS SELECT max(a) AS a FROM one;
            CREATE INDEX two_a ON two (a);
            CREATE MATERIALIZED VIEW apart AS SELECT b FROM t;
            CREATE INDEX apart_b ON apart (b);
        """,
        portable=True,
    ),
    Example(
        "hostile text",
        tables='CREATE TABLE "T %s" ("select" integer PRIMARY KEY, "a.b c" text);',
        before=r"""
            CREATE MATERIALIZED VIEW "My.View ""x"" :y %s" AS SELECT "select" AS "from", '" '' % :x \: $$' AS ":x" FROM "T %s";
            CREATE UNIQUE INDEX "index %s :x" ON "My.View ""x"" :y %s" ("from") WHERE ":x" <> ':x %s';
            COMMENT ON INDEX "index %s :x" IS 'it''s :x %s';
        """,
        after=r"""
            CREATE MATERIALIZED VIEW "My.View ""x"" :y %s" AS SELECT "select" AS "from", '" '' % :y \: $$' AS ":x" FROM "T %s";
            CREATE UNIQUE INDEX "index %s :x" ON "My.View ""x"" :y %s" ("from") WHERE ":x" <> ':x %s';
            COMMENT ON INDEX "index %s :x" IS 'it''s :x %s';
        """,
    ),
)
