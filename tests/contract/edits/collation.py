"""Collations: https://www.postgresql.org/docs/current/sql-createcollation.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "plain",
        tables="CREATE TABLE t (id integer PRIMARY KEY, a text);",
        before="""
            CREATE COLLATION used (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
            CREATE COLLATION changes (PROVIDER = libc, LOCALE = 'C');
            CREATE COLLATION renewed (LOCALE = 'C');
            CREATE COLLATION goes FROM "POSIX";
            CREATE VIEW v AS SELECT a COLLATE changes AS x FROM t;
            COMMENT ON COLLATION used IS 'one';
            COMMENT ON COLLATION changes IS 'one';
        """,
        after="""
            CREATE COLLATION used (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
            CREATE COLLATION changes (PROVIDER = libc, LOCALE = 'POSIX');
            CREATE COLLATION renewed (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
            CREATE COLLATION comes FROM "C";
            CREATE VIEW v AS SELECT a COLLATE changes AS x FROM t;
            COMMENT ON COLLATION used IS 'two';
            COMMENT ON COLLATION changes IS 'one';
            COMMENT ON COLLATION comes IS 'new';
        """,
        portable=True,
    ),
    Example(
        "of the server itself",
        before="""
            CREATE COLLATION one (PROVIDER = builtin, LOCALE = 'C');
            CREATE FUNCTION least_of(text, text) RETURNS text IMMUTABLE RETURN least($1, $2 COLLATE one);
        """,
        after="""
            CREATE COLLATION one (PROVIDER = builtin, LOCALE = 'C.UTF-8');
            CREATE COLLATION two (PROVIDER = builtin, LOCALE = 'C');
            CREATE FUNCTION least_of(text, text) RETURNS text IMMUTABLE RETURN least($1, $2 COLLATE one);
        """,
        since=17,
        portable=True,
    ),
    Example(
        "hostile names and owners",
        unmanaged="GRANT CREATE ON SCHEMA public TO pg_monitor;",
        before="""
            CREATE COLLATION "odd "":x %s name" (LOCALE = 'C');
            ALTER COLLATION "odd "":x %s name" OWNER TO pg_monitor;
            COMMENT ON COLLATION "odd "":x %s name" IS 'it''s %(x)s :y';
            CREATE VIEW v AS SELECT 'a' COLLATE "odd "":x %s name" AS a;
        """,
        after="""
            CREATE COLLATION "odd "":x %s name" (LOCALE = 'POSIX');
            ALTER COLLATION "odd "":x %s name" OWNER TO pg_monitor;
            COMMENT ON COLLATION "odd "":x %s name" IS 'it''s %(y)s :y';
            CREATE VIEW v AS SELECT 'a' COLLATE "odd "":x %s name" AS a;
        """,
    ),
)
