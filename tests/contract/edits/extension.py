"""Extensions: https://www.postgresql.org/docs/current/sql-createextension.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "versions and schemas",
        unmanaged="CREATE SCHEMA ext;",
        first="""
            CREATE SCHEMA own;
            CREATE EXTENSION unaccent SCHEMA own;
            CREATE EXTENSION citext;
            CREATE EXTENSION hstore VERSION '1.8';
        """,
        first_after="""
            CREATE SCHEMA own;
            CREATE EXTENSION unaccent SCHEMA public;
            CREATE EXTENSION citext SCHEMA ext;
            CREATE EXTENSION hstore VERSION '1.8';
            COMMENT ON EXTENSION hstore IS 'pairs';
        """,
        tables="CREATE TABLE t (a integer PRIMARY KEY, b text);",
        before="""
            CREATE EXTENSION pg_trgm VERSION '1.4';
            CREATE EXTENSION tablefunc;
            CREATE VIEW alike AS SELECT a, similarity(b, 'word') AS s FROM t;
            CREATE DOMAIN mail AS text CHECK (VALUE ~ '@');
        """,
        after="""
            CREATE EXTENSION pg_trgm VERSION '1.4';
            CREATE EXTENSION cube;
            CREATE EXTENSION IF NOT EXISTS earthdistance WITH SCHEMA public CASCADE;
            COMMENT ON EXTENSION cube IS 'many dimensions';
            CREATE VIEW alike AS SELECT a, similarity(b, 'world') AS s, a::text::ext.citext AS c FROM t;
            CREATE DOMAIN mail AS ext.citext CHECK (VALUE ~ '@');
        """,
    ),
    Example(
        "hostile text",
        unmanaged="""
            CREATE SCHEMA "Odd ""one"" :x %s";
            CREATE EXTENSION fuzzystrmatch;
            CREATE FUNCTION beside() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT levenshtein('a', 'b'); END;
        """,
        before="CREATE VIEW v AS SELECT 1 AS a;",
        after="""
            CREATE EXTENSION citext SCHEMA "Odd ""one"" :x %s" VERSION "1.6";
            COMMENT ON EXTENSION citext IS 'it''s :x %s';
            CREATE VIEW v AS SELECT 1 AS a, 'x'::"Odd ""one"" :x %s".citext AS b;
        """,
    ),
)
