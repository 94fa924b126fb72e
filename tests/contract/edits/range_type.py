"""Range types: https://www.postgresql.org/docs/current/sql-createtype.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "every option but CANONICAL",
        before="""
            CREATE FUNCTION apart(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 1.0::float8';
            CREATE TYPE stays AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
            CREATE TYPE goes AS RANGE (SUBTYPE = text);
            CREATE TYPE changes AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_OPCLASS = text_pattern_ops);
            CREATE FUNCTION f(changes, stays_multirange) RETURNS changes_multirange LANGUAGE sql AS 'SELECT NULL::changes_multirange';
            CREATE VIEW v AS SELECT changes('a', 'b') AS r;
            COMMENT ON TYPE changes IS 'old';
            REVOKE ALL ON TYPE changes FROM PUBLIC;
        """,
        after="""
            CREATE FUNCTION apart(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 1.0::float8';
            CREATE TYPE stays AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
            CREATE TYPE changes AS RANGE (SUBTYPE = text, SUBTYPE_DIFF = apart, MULTIRANGE_TYPE_NAME = "many Changes");
            CREATE TYPE comes AS RANGE (SUBTYPE = date);
            CREATE FUNCTION f(changes, stays_multirange) RETURNS "many Changes" LANGUAGE sql AS 'SELECT NULL::"many Changes"';
            CREATE VIEW v AS SELECT changes('a', 'b') AS r;
            COMMENT ON TYPE changes IS 'new';
            COMMENT ON TYPE comes IS 'new';
            REVOKE ALL ON TYPE changes FROM PUBLIC;
        """,
        portable=True,
    ),
    Example(
        "changes under columns, beside a type that it is made of",
        tables="""
            CREATE TABLE t (
              id integer PRIMARY KEY, a changes DEFAULT '[1,5)', b changes[], c changes_multirange DEFAULT '{[1,2)}',
              d changes_multirange[], e of_enum NOT NULL
            );
            CREATE INDEX t_e ON t USING gist (e);
            CREATE TABLE other (id integer PRIMARY KEY, a changes, b around);
        """,
        first="""
            CREATE TYPE state AS ENUM ('a', 'b', 'c');
            CREATE TYPE of_enum AS RANGE (SUBTYPE = state);
            CREATE TYPE changes AS RANGE (SUBTYPE = integer);
            CREATE DOMAIN around AS changes CHECK (NOT isempty(VALUE));
            COMMENT ON TYPE changes IS 'stays';
            GRANT USAGE ON TYPE changes TO PUBLIC;
        """,
        first_after="""
            CREATE TYPE state AS ENUM ('c', 'a');
            CREATE TYPE of_enum AS RANGE (SUBTYPE = state);
            CREATE TYPE changes AS RANGE (SUBTYPE = integer, SUBTYPE_DIFF = int4range_subdiff);
            CREATE DOMAIN around AS changes CHECK (NOT isempty(VALUE));
            COMMENT ON TYPE changes IS 'stays';
            GRANT USAGE ON TYPE changes TO PUBLIC;
        """,
        before="CREATE VIEW v AS SELECT a, upper(a) AS u, changes(1, 2) AS made FROM t WHERE NOT isempty(a)",
        after="CREATE VIEW v AS SELECT a, upper(a) AS u, changes(1, 2) AS made FROM t WHERE NOT isempty(a)",
    ),
    Example(
        "used by a new table, with a new subtype; hostile names",
        tables="""
            CREATE TABLE t (a integer PRIMARY KEY);
            CREATE TABLE goes (a stays, b stays_multirange[], c tsvector);
        """,
        tables_after='CREATE TABLE t (a integer PRIMARY KEY, b "Range ""1"" :x", c "Range ""1"" :y"[]);',
        first="""
            CREATE DOMAIN "select" AS integer;
            CREATE TYPE stays AS RANGE (SUBTYPE = integer);
        """,
        first_after="""
            CREATE DOMAIN "select" AS integer;
            CREATE TYPE stays AS RANGE (SUBTYPE = integer);
            CREATE TYPE "Range ""1"" :x" AS RANGE (SUBTYPE = "select", MULTIRANGE_TYPE_NAME = "Range ""1"" :y");
            COMMENT ON TYPE "Range ""1"" :x" IS 'it''s :x %s';
        """,
        before='CREATE TYPE "%s" AS RANGE (SUBTYPE = integer);',
        after='CREATE TYPE "%s" AS RANGE (SUBTYPE = bigint);',
    ),
)
