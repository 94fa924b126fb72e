"""Enumerated types: https://www.postgresql.org/docs/current/sql-createtype.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "values come, anywhere",
        before="""
            CREATE TYPE stays AS ENUM ('a', 'b');
            CREATE TYPE grows AS ENUM ('b', 'd');
            CREATE TYPE goes AS ENUM ('a');
            CREATE TYPE empty AS ENUM ();
            CREATE FUNCTION f(grows) RETURNS grows LANGUAGE sql AS $$ SELECT 'b'::grows $$;
            COMMENT ON TYPE grows IS 'old';
        """,
        after="""
            CREATE TYPE stays AS ENUM ('a', 'b');
            CREATE TYPE grows AS ENUM ('a', 'b', 'c', 'd', 'e', 'f');
            CREATE TYPE comes AS ENUM ('x', 'y');
            CREATE TYPE empty AS ENUM ('no more');
            CREATE FUNCTION f(grows) RETURNS grows LANGUAGE sql AS $$ SELECT 'b'::grows $$;
            COMMENT ON TYPE grows IS 'new';
        """,
        portable=True,
    ),
)
