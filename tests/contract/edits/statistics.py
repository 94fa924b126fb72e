"""Extended statistics: https://www.postgresql.org/docs/current/sql-createstatistics.html."""

from tests.contract.edits import Example

TABLE = "CREATE TABLE t (a integer PRIMARY KEY, b text, c integer);"

EXAMPLES = (
    Example(
        "kinds, columns, expressions and targets",
        tables=TABLE,
        before="""
            CREATE FUNCTION low(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
            CREATE MATERIALIZED VIEW m AS SELECT a, b, c FROM t;
            CREATE STATISTICS stays (dependencies) ON a, b FROM t;
            CREATE STATISTICS kinds (ndistinct, dependencies) ON a, c FROM t;
            CREATE STATISTICS columns ON a, c FROM t;
            CREATE STATISTICS expression ON (c + 1) FROM t;
            CREATE STATISTICS calls (mcv) ON a, low(b) FROM t;
            CREATE STATISTICS target ON b, c FROM t;
            CREATE STATISTICS less ON b, c FROM t;
            ALTER STATISTICS less SET STATISTICS 1000;
            CREATE STATISTICS on_view ON b, c FROM m;
            CREATE STATISTICS goes ON b, c FROM t;
            COMMENT ON STATISTICS kinds IS 'kinds';
            COMMENT ON STATISTICS on_view IS 'on a view';
            ALTER STATISTICS columns OWNER TO pg_monitor;
        """,
        after="""
            CREATE FUNCTION low(given text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(given)';
            CREATE MATERIALIZED VIEW m AS SELECT a, b, c, c AS d FROM t;
            CREATE STATISTICS stays (dependencies) ON a, b FROM t;
            CREATE STATISTICS kinds (mcv, dependencies) ON a, c FROM t;
            CREATE STATISTICS columns ON a, c, b FROM t;
            CREATE STATISTICS expression ON (c + 2) FROM t;
            CREATE STATISTICS calls (mcv) ON a, low(b) FROM t;
            CREATE STATISTICS target ON b, c FROM t;
            ALTER STATISTICS target SET STATISTICS 0;
            CREATE STATISTICS less ON b, c FROM t;
            CREATE STATISTICS on_view ON b, c FROM m;
            ALTER STATISTICS on_view SET STATISTICS 10;
            CREATE STATISTICS comes ON b, (a + c), c FROM t;
            ALTER STATISTICS comes SET STATISTICS 100;
            COMMENT ON STATISTICS kinds IS 'other kinds';
            COMMENT ON STATISTICS on_view IS 'on a view';
            ALTER STATISTICS columns OWNER TO pg_monitor;
            ALTER STATISTICS kinds OWNER TO pg_monitor;
        """,
        portable=True,
    ),
    Example(
        "tables that change, come and go, with what nobody declared",
        tables=TABLE + "CREATE TABLE u (x integer PRIMARY KEY, y integer);",
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text); CREATE TABLE w (y integer PRIMARY KEY, z integer);",
        unmanaged="CREATE TABLE beside (a integer, b integer); CREATE STATISTICS beside_it ON a, b FROM beside;",
        before="""
            CREATE STATISTICS one ON a, b FROM t;
            CREATE STATISTICS two (mcv) ON b, c FROM t;
            CREATE STATISTICS three ON x, y FROM u;
            CREATE STATISTICS more (dependencies) ON a, b FROM beside;
            COMMENT ON STATISTICS one IS 'one';
        """,
        after="""
            CREATE STATISTICS one ON a, b FROM t;
            CREATE STATISTICS two (mcv) ON a, b FROM t;
            CREATE STATISTICS three ON y, z FROM w;
            CREATE STATISTICS more (ndistinct) ON a, b FROM beside;
            COMMENT ON STATISTICS one IS 'one';
        """,
    ),
    Example(
        "hostile names",
        tables='CREATE TABLE "Order ""one""" ("select" integer PRIMARY KEY, "a.b c" text);',
        before='''
            CREATE STATISTICS "on %s :x ""y""" ON "select", "a.b c" FROM "Order ""one""";
            ALTER STATISTICS "on %s :x ""y""" SET STATISTICS 7;
            COMMENT ON STATISTICS "on %s :x ""y""" IS 'it''s :x';
        ''',
        after='''
            CREATE STATISTICS "on %s :x ""y""" (mcv) ON "select", ("a.b c" || ':x %s') FROM "Order ""one""";
            ALTER STATISTICS "on %s :x ""y""" SET STATISTICS 7;
            CREATE STATISTICS "table" ON ("a.b c" || '$$') FROM "Order ""one""";
        ''',
    ),
)
