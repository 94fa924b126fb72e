"""Transforms: https://www.postgresql.org/docs/current/sql-createtransform.html."""

from tests.contract.edits import Example

FUNCTION = """
    CREATE FUNCTION take(a internal) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
"""

USED = """
    CREATE TRANSFORM FOR text LANGUAGE plpgsql (TO SQL WITH FUNCTION textrecv(internal));
    CREATE FUNCTION by_it(a text) RETURNS text LANGUAGE plpgsql IMMUTABLE TRANSFORM FOR TYPE text AS 'BEGIN RETURN a; END';
"""

EXAMPLES = (
    Example(
        "plain, and under what tables use",
        first=USED,
        first_after=USED.replace("(TO SQL", "(FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL"),
        tables="""
            CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT by_it('x'), CHECK (by_it(a) <> ''));
            CREATE INDEX t_a ON t (by_it(a));
        """,
        before="""
            CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
            CREATE TRANSFORM FOR smallint LANGUAGE sql (TO SQL WITH FUNCTION int2recv(internal));
            COMMENT ON TRANSFORM FOR integer LANGUAGE sql IS 'one';
        """,
        after=f"""
            {FUNCTION}
            CREATE TRANSFORM FOR integer LANGUAGE SQL (
              FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION take(internal));
            CREATE TRANSFORM FOR bigint LANGUAGE plpgsql (TO SQL WITH FUNCTION int8recv(internal));
            CREATE FUNCTION used(bigint) RETURNS bigint LANGUAGE plpgsql TRANSFORM FOR TYPE bigint AS 'BEGIN RETURN $1; END';
            COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'two';
            COMMENT ON TRANSFORM FOR bigint LANGUAGE plpgsql IS 'new';
        """,
        portable=True,
    ),
    Example(
        "a function that cannot be replaced, and hostile names",
        unmanaged="""CREATE TYPE "a LANGUAGE ""b"" :x %s" AS ENUM ('x');""",
        before=f"""
            {FUNCTION.replace("integer", '"a LANGUAGE ""b"" :x %s"').replace("int4recv", "enum_recv")}
            CREATE LANGUAGE mine HANDLER plpgsql_call_handler;
            CREATE TRANSFORM FOR "a LANGUAGE ""b"" :x %s" LANGUAGE mine (TO SQL WITH FUNCTION take(internal));
            COMMENT ON TRANSFORM FOR "a LANGUAGE ""b"" :x %s" LANGUAGE mine IS 'it''s %(x)s :y';
        """,
        after=f"""
            {FUNCTION.replace("a internal", "b internal").replace("integer", '"a LANGUAGE ""b"" :x %s"').replace("int4recv", "enum_recv")}
            CREATE LANGUAGE mine HANDLER plpgsql_call_handler;
            CREATE TRANSFORM FOR "a LANGUAGE ""b"" :x %s" LANGUAGE mine (TO SQL WITH FUNCTION take(internal));
            COMMENT ON TRANSFORM FOR "a LANGUAGE ""b"" :x %s" LANGUAGE mine IS 'it''s %(x)s :y';
        """,
    ),
)
