"""Conversions: https://www.postgresql.org/docs/current/sql-createconversion.html."""

from tests.contract.edits import Example

FUNCTION = """
    CREATE FUNCTION decode(src integer, integer, cstring, internal, integer, boolean) RETURNS integer
      LANGUAGE c STRICT AS '$libdir/utf8_and_iso8859_1', 'iso8859_1_to_utf8';
"""

EXAMPLES = (
    Example(
        "plain",
        before="""
            CREATE CONVERSION stays FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            CREATE CONVERSION changes FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            CREATE CONVERSION goes FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
        """,
        after=f"""
            {FUNCTION}
            CREATE CONVERSION stays FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            CREATE DEFAULT CONVERSION changes FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
            CREATE CONVERSION comes FOR 'LATIN1' TO 'UTF8' FROM decode;
        """,
        portable=True,
    ),
    Example(
        "a function that cannot be replaced, and hostile names",
        before=f"""
            {FUNCTION}
            CREATE CONVERSION "odd "":x %s name" FOR 'LATIN1' TO 'UTF8' FROM decode;
            COMMENT ON CONVERSION "odd "":x %s name" IS 'it''s %(x)s :y';
        """,
        after=f"""
            {FUNCTION.replace("src", "source")}
            CREATE CONVERSION "odd "":x %s name" FOR 'LATIN1' TO 'UTF8' FROM decode;
            COMMENT ON CONVERSION "odd "":x %s name" IS 'it''s %(x)s :y';
        """,
        portable=True,
    ),
)
