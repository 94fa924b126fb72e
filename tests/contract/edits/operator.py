"""Operators: https://www.postgresql.org/docs/current/sql-createoperator.html."""

from tests.contract.edits import Example

TYPE = "CREATE TYPE pair AS (a integer, b integer); CREATE TABLE t (id integer PRIMARY KEY, p pair);"
FUNCTIONS = """
    CREATE FUNCTION lt(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a < ($2).a';
    CREATE FUNCTION gt(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a > ($2).a';
    CREATE FUNCTION eq(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a = ($2).a';
    CREATE FUNCTION ne(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a <> ($2).a';
    CREATE FUNCTION neg(pair) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT -($1).a';
"""

EXAMPLES = (
    Example(
        "attributes and prefix operators",
        unmanaged=TYPE,
        before=f"""
            {FUNCTIONS}
            CREATE OPERATOR <% (FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair, RESTRICT = scalarltsel);
            CREATE OPERATOR >% (FUNCTION = gt, LEFTARG = pair, RIGHTARG = pair, RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
            CREATE OPERATOR =% (FUNCTION = eq, LEFTARG = pair, RIGHTARG = pair);
            CREATE OPERATOR -% (PROCEDURE = neg, RIGHTARG = pair);
            CREATE OPERATOR ~% (FUNCTION = neg, RIGHTARG = pair);
            CREATE SCHEMA apart;
            CREATE OPERATOR apart.<% (FUNCTION = eq, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = OPERATOR(apart.>%), NEGATOR = OPERATOR(apart.!%));
            CREATE VIEW v AS SELECT p <% p AS a, p >% p AS b, p =% p AS c, -% p AS d FROM t;
            COMMENT ON OPERATOR <% (pair, pair) IS 'one';
            COMMENT ON OPERATOR -% (NONE, pair) IS 'one';
            COMMENT ON OPERATOR ~% (NONE, pair) IS 'goes';
        """,
        after=f"""
            {FUNCTIONS}
            CREATE OPERATOR <% (FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair, RESTRICT = scalarlesel, JOIN = scalarltjoinsel);
            CREATE OPERATOR >% (FUNCTION = gt, LEFTARG = pair, RIGHTARG = pair);
            CREATE OPERATOR =% (FUNCTION = eq, LEFTARG = pair, RIGHTARG = pair, HASHES, MERGES);
            CREATE OPERATOR -% (FUNCTION = neg, RIGHTARG = pair);
            CREATE OPERATOR !% (FUNCTION = neg, RIGHTARG = pair);
            CREATE VIEW v AS SELECT p <% p AS a, p >% p AS b, p =% p AS c, -% p AS d FROM t;
            COMMENT ON OPERATOR <% (pair, pair) IS 'two';
            COMMENT ON OPERATOR -% (NONE, pair) IS 'one';
            COMMENT ON OPERATOR !% (NONE, pair) IS 'new';
        """,
    ),
    Example(
        "commutators and negators",
        unmanaged=TYPE,
        before=f"""
            {FUNCTIONS}
            CREATE OPERATOR <% (FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair);
            CREATE OPERATOR =% (FUNCTION = eq, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = =%, NEGATOR = !%);
            CREATE OPERATOR !% (FUNCTION = ne, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = !%, NEGATOR = =%);
            CREATE OPERATOR &< (FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = OPERATOR(public.&>));
            CREATE OPERATOR &> (FUNCTION = gt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = &<);
            CREATE VIEW v AS SELECT p <% p AS a, p =% p AS b FROM t;
        """,
        after=f"""
            {FUNCTIONS.replace("neg(pair)", "other(pair, pair)").replace("integer", "boolean").replace("-($1).a", "false")}
            CREATE OPERATOR <% (FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = >%);
            CREATE OPERATOR >% (FUNCTION = gt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = <%);
            CREATE OPERATOR =% (FUNCTION = eq, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = =%);
            CREATE OPERATOR &< (FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = &>);
            CREATE OPERATOR &> (FUNCTION = other, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = &<);
            CREATE VIEW v AS SELECT p <% p AS a, p =% p AS b FROM t;
        """,
    ),
    Example(
        "one names the other",
        before="""
            CREATE FUNCTION f(integer, text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1::text = $2;
            CREATE FUNCTION g(text, integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $2::text = $1;
            CREATE OPERATOR ~=~ (FUNCTION = f, LEFTARG = integer, RIGHTARG = text);
            CREATE OPERATOR ~=~ (FUNCTION = g, LEFTARG = text, RIGHTARG = integer, COMMUTATOR = ~=~);
        """,
        after="""
            CREATE FUNCTION f(a integer, b text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1::text = $2;
            CREATE FUNCTION g(text, integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $2::text = $1;
            CREATE OPERATOR ~=~ (FUNCTION = f, LEFTARG = integer, RIGHTARG = text);
            CREATE OPERATOR ~=~ (FUNCTION = g, LEFTARG = text, RIGHTARG = integer, COMMUTATOR = ~=~);
        """,
        portable=True,
    ),
    Example(
        "hostile names and owners",
        unmanaged="""
            CREATE SCHEMA "odd "":x %s";
            GRANT CREATE, USAGE ON SCHEMA "odd "":x %s" TO pg_monitor;
        """,
        before="""
            CREATE FUNCTION "odd "":x %s"."f %s"(integer, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2';
            CREATE OPERATOR "odd "":x %s".%%?@# (FUNCTION = "odd "":x %s"."f %s", LEFTARG = integer, RIGHTARG = text);
            ALTER OPERATOR "odd "":x %s".%%?@# (integer, text) OWNER TO pg_monitor;
            COMMENT ON OPERATOR "odd "":x %s".%%?@# (integer, text) IS 'it''s %(x)s :y';
        """,
        after="""
            CREATE FUNCTION "odd "":x %s"."f %s"("the %" integer, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2';
            CREATE OPERATOR "odd "":x %s".%%?@# (FUNCTION = "odd "":x %s"."f %s", LEFTARG = integer, RIGHTARG = text, JOIN = contjoinsel);
            ALTER OPERATOR "odd "":x %s".%%?@# (integer, text) OWNER TO pg_monitor;
            COMMENT ON OPERATOR "odd "":x %s".%%?@# (integer, text) IS 'it''s %(x)s :y';
            CREATE VIEW v AS SELECT 1 OPERATOR("odd "":x %s".%%?@#) '1'::text AS a;
        """,
        head=(("configure", "include_schemas=True"),),
    ),
)
