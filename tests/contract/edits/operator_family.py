"""Operator families: https://www.postgresql.org/docs/current/sql-createopfamily.html."""

from tests.contract.edits import Example
from tests.contract.edits.operator_class import CLASS, OPERATORS, TYPE

CROSS = """
    CREATE FUNCTION same(pair, integer) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a = $2';
    CREATE FUNCTION compare(pair, integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a - $2';
    CREATE OPERATOR =% (FUNCTION = same, LEFTARG = pair, RIGHTARG = integer);
"""

EXAMPLES = (
    Example(
        "loose members",
        unmanaged=TYPE,
        before=f"""
            {OPERATORS}
            {CROSS}
            CREATE OPERATOR FAMILY family USING btree;
            CREATE OPERATOR FAMILY goes USING hash;
            CREATE OPERATOR FAMILY goes USING btree;
            ALTER OPERATOR FAMILY family USING btree ADD OPERATOR 3 =% (pair, integer);
            {CLASS.replace(" AS", " FAMILY family AS")}
            COMMENT ON OPERATOR FAMILY family USING btree IS 'one';
        """,
        after=f"""
            {OPERATORS}
            {CROSS}
            CREATE OPERATOR FAMILY family USING btree;
            CREATE OPERATOR FAMILY comes USING btree;
            CREATE OPERATOR FAMILY goes USING btree;
            ALTER OPERATOR FAMILY family USING btree ADD OPERATOR 3 =% (pair, integer), FUNCTION 1 (pair, integer) compare(pair, integer);
            {CLASS.replace(" AS", " FAMILY family AS")}
            COMMENT ON OPERATOR FAMILY family USING btree IS 'two';
            COMMENT ON OPERATOR FAMILY comes USING btree IS 'new';
        """,
    ),
    Example(
        "hostile names and owners",
        unmanaged="GRANT CREATE ON SCHEMA public TO pg_monitor;",
        before="""
            CREATE OPERATOR FAMILY "odd "":x %s name" USING hash;
            ALTER OPERATOR FAMILY "odd "":x %s name" USING hash OWNER TO pg_monitor;
            COMMENT ON OPERATOR FAMILY "odd "":x %s name" USING hash IS 'it''s %(x)s :y';
        """,
        after="""
            CREATE FUNCTION "f ""%s"(text, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $2';
            CREATE OPERATOR FAMILY "odd "":x %s name" USING hash;
            ALTER OPERATOR FAMILY "odd "":x %s name" USING hash ADD FUNCTION 2 (text, text) "f ""%s"(text, bigint);
            ALTER OPERATOR FAMILY "odd "":x %s name" USING hash OWNER TO pg_monitor;
            COMMENT ON OPERATOR FAMILY "odd "":x %s name" USING hash IS 'it''s %(y)s :y';
        """,
    ),
)
