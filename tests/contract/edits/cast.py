"""Casts: https://www.postgresql.org/docs/current/sql-createcast.html."""

from tests.contract.edits import Example

TYPES = "CREATE TYPE pair AS (a integer, b integer); CREATE TABLE t (id integer PRIMARY KEY, p pair); CREATE TYPE mood AS ENUM ('sad', 'gay');"
FUNCTIONS = """
    CREATE FUNCTION first(pair) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
    CREATE FUNCTION as_pair(integer) RETURNS pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, 0)::pair';
"""

EXAMPLES = (
    Example(
        "plain",
        unmanaged=TYPES,
        before=f"""
            {FUNCTIONS}
            CREATE CAST (pair AS int) WITH FUNCTION first(pair);
            CREATE CAST (int AS pair) WITH FUNCTION as_pair(int) AS IMPLICIT;
            CREATE CAST (mood AS integer[]) WITH INOUT AS ASSIGNMENT;
            CREATE CAST (bigint AS mood) WITH INOUT;
            COMMENT ON CAST (pair AS integer) IS 'one';
            COMMENT ON CAST (bigint AS mood) IS 'goes';
        """,
        after=f"""
            {FUNCTIONS}
            CREATE CAST (pair AS integer) WITH FUNCTION first(pair) AS ASSIGNMENT;
            CREATE CAST (integer AS pair) WITH FUNCTION as_pair(integer) AS IMPLICIT;
            CREATE CAST (mood AS int[]) WITH INOUT AS IMPLICIT;
            CREATE CAST (bytea AS varbit) WITHOUT FUNCTION;
            COMMENT ON CAST (pair AS int) IS 'two';
        """,
    ),
    Example(
        "used where no dependency tells",
        unmanaged=TYPES,
        before="",
        after="""
            CREATE FUNCTION first_of(pair) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
            CREATE CAST (pair AS integer) WITH FUNCTION first_of(pair);
            CREATE VIEW a AS SELECT p::integer AS n FROM t;
            CREATE FUNCTION b(pair) RETURNS text IMMUTABLE RETURN $1::integer::text;
        """,
    ),
    Example(
        "a function that cannot be replaced, and hostile names",
        unmanaged="""CREATE TYPE "a AS ""b"" :x %s" AS ENUM ('x'); CREATE TYPE "select" AS ENUM ('x');""",
        before="""
            CREATE FUNCTION f(a "a AS ""b"" :x %s") RETURNS "select" LANGUAGE sql AS 'SELECT NULL::"select"';
            CREATE CAST ("a AS ""b"" :x %s" AS "select") WITH FUNCTION f("a AS ""b"" :x %s");
            COMMENT ON CAST ("a AS ""b"" :x %s" AS "select") IS 'it''s %(x)s :y';
        """,
        after="""
            CREATE FUNCTION f(b "a AS ""b"" :x %s") RETURNS "select" LANGUAGE sql AS 'SELECT NULL::"select"';
            CREATE CAST ("a AS ""b"" :x %s" AS "select") WITH FUNCTION f("a AS ""b"" :x %s");
            COMMENT ON CAST ("a AS ""b"" :x %s" AS "select") IS 'it''s %(x)s :y';
        """,
    ),
)
