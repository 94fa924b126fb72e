"""Operator classes: https://www.postgresql.org/docs/current/sql-createopclass.html."""

from tests.contract.edits import Example

TYPE = "CREATE TYPE pair AS (a integer, b integer); CREATE TABLE t (id integer PRIMARY KEY, p pair);"
OPERATORS = """
    CREATE FUNCTION less(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a < ($2).a';
    CREATE FUNCTION same(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a = ($2).a';
    CREATE FUNCTION more(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a > ($2).a';
    CREATE FUNCTION compare(pair, pair) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a - ($2).a';
    CREATE FUNCTION hash(pair) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).a';
    CREATE OPERATOR <% (FUNCTION = less, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = >%);
    CREATE OPERATOR =% (FUNCTION = same, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = =%);
    CREATE OPERATOR >% (FUNCTION = more, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = <%);
"""
CLASS = """
    CREATE OPERATOR CLASS pair_ops DEFAULT FOR TYPE pair USING btree AS
      OPERATOR 1 <%, OPERATOR 3 =%, OPERATOR 5 >%, FUNCTION 1 compare(pair, pair);
"""
OTHER = """
    CREATE FUNCTION compare2(pair, pair) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ($1).b - ($2).b';
    CREATE FUNCTION hash2(pair, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $2';
"""
EQUAL = "FUNCTION 4 btequalimage(oid)"

EXAMPLES = (
    Example(
        "used by views and indexes",
        unmanaged=TYPE,
        before=f"""
            {OPERATORS}
            {CLASS}
            CREATE OPERATOR CLASS goes FOR TYPE pair USING hash AS OPERATOR 1 =%, FUNCTION 1 hash(pair);
            CREATE OPERATOR CLASS strings FOR TYPE varchar USING btree AS STORAGE varchar;
            CREATE MATERIALIZED VIEW m AS SELECT p FROM t ORDER BY p;
            CREATE INDEX i ON m (p);
            COMMENT ON OPERATOR CLASS pair_ops USING btree IS 'one';
            COMMENT ON OPERATOR CLASS goes USING hash IS 'one';
        """,
        after=f"""
            {OPERATORS}
            {OTHER}
            {CLASS.replace("compare", "compare2")}
            CREATE OPERATOR CLASS comes DEFAULT FOR TYPE pair USING hash AS
              OPERATOR 1 =%, FUNCTION 1 hash(pair), FUNCTION 2 hash2(pair, bigint);
            CREATE OPERATOR CLASS strings FOR TYPE varchar USING btree AS STORAGE varchar;
            CREATE MATERIALIZED VIEW m AS SELECT p FROM t ORDER BY p;
            CREATE INDEX i ON m (p);
            COMMENT ON OPERATOR CLASS pair_ops USING btree IS 'one';
            COMMENT ON OPERATOR CLASS comes USING hash IS 'new';
        """,
    ),
    Example(
        "members that the family keeps",
        unmanaged=TYPE,
        before=f"""
            {OPERATORS}
            {OTHER}
            {CLASS.replace(";", f", {EQUAL};")}
            CREATE OPERATOR CLASS hashed FOR TYPE pair USING hash AS OPERATOR 1 =%, FUNCTION 1 hash(pair);
            CREATE OPERATOR CLASS near FOR TYPE point USING gist AS
              OPERATOR 1 <<, OPERATOR 15 <-> FOR ORDER BY float_ops, FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
              FUNCTION 2 gist_box_union(internal, internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),
              FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal), STORAGE box;
        """,
        after=f"""
            {OPERATORS}
            {OTHER}
            {CLASS.replace("compare", "compare2").replace(";", f", {EQUAL};")}
            CREATE OPERATOR CLASS hashed FOR TYPE pair USING hash AS
              OPERATOR 1 =%, FUNCTION 1 hash(pair), FUNCTION 2 hash2(pair, bigint);
            CREATE OPERATOR CLASS near FOR TYPE point USING gist AS
              OPERATOR 1 <<, OPERATOR 5 >>, FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
              FUNCTION 2 gist_box_union(internal, internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),
              FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal), STORAGE box;
        """,
    ),
    Example(
        "hostile names and owners",
        unmanaged="GRANT CREATE ON SCHEMA public TO pg_monitor;",
        before="""
            CREATE FUNCTION "f ""%s"(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
            CREATE OPERATOR FAMILY "odd "":x %s family" USING btree;
            CREATE OPERATOR CLASS "odd "":x %s name" FOR TYPE integer USING btree FAMILY "odd "":x %s family" AS
              OPERATOR 3 = , FUNCTION 1 "f ""%s"(integer, integer);
            ALTER OPERATOR CLASS "odd "":x %s name" USING btree OWNER TO pg_monitor;
            COMMENT ON OPERATOR CLASS "odd "":x %s name" USING btree IS 'it''s %(x)s :y';
        """,
        after="""
            CREATE FUNCTION "f ""%s"("the %" integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
            CREATE OPERATOR FAMILY "odd "":x %s family" USING btree;
            CREATE OPERATOR CLASS "odd "":x %s name" FOR TYPE integer USING btree FAMILY "odd "":x %s family" AS
              OPERATOR 3 = , FUNCTION 1 "f ""%s"(integer, integer);
            ALTER OPERATOR CLASS "odd "":x %s name" USING btree OWNER TO pg_monitor;
            COMMENT ON OPERATOR CLASS "odd "":x %s name" USING btree IS 'it''s %(x)s :y';
        """,
    ),
)
