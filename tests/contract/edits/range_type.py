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
            CREATE TYPE changes AS RANGE (SUBTYPE = text, SUBTYPE_DIFF = apart, MULTIRANGE_TYPE_NAME = "many Changes ""%s"" :x");
            CREATE TYPE comes AS RANGE (SUBTYPE = date);
            CREATE FUNCTION f(changes, stays_multirange) RETURNS "many Changes ""%s"" :x" LANGUAGE sql AS 'SELECT NULL::"many Changes ""%s"" :x"';
            CREATE VIEW v AS SELECT changes('a', 'b') AS r;
            COMMENT ON TYPE changes IS 'new';
            COMMENT ON TYPE comes IS 'new';
            REVOKE ALL ON TYPE changes FROM PUBLIC;
        """,
        portable=True,
    ),
    Example(
        "changes under columns, beside what it is made of; other names, a canonical function",
        unmanaged="""
            CREATE TYPE whole;
            CREATE FUNCTION canonical(whole) RETURNS whole LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
            CREATE TYPE whole AS RANGE (SUBTYPE = integer, CANONICAL = canonical);
        """,
        tables="""
            CREATE TABLE t (
              id integer PRIMARY KEY, a changes DEFAULT '[1,5)', b changes[], c changes_multirange DEFAULT '{[1,2)}',
              d changes_multirange[], e of_enum NOT NULL, f many, g whole
            );
            CREATE INDEX t_e ON t USING gist (e);
            CREATE INDEX t_f ON t USING gist (f) WHERE f @> 3;
            CREATE TABLE other (id integer PRIMARY KEY, a changes, b around, c fine);
            CREATE INDEX other_c ON other (is_fine(c));
        """,
        tables_after="""
            CREATE TABLE t (
              id integer PRIMARY KEY, a changes DEFAULT '[1,5)', b changes[], c changes_multirange DEFAULT '{[1,2)}',
              d changes_multirange[], e of_enum NOT NULL, f called_multirange, g whole
            );
            CREATE INDEX t_e ON t USING gist (e);
            CREATE INDEX t_f ON t USING gist (f) WHERE f @> 3;
            CREATE TABLE other (id integer PRIMARY KEY, a changes, b around, c fine);
            CREATE INDEX other_c ON other (is_fine(c));
        """,
        first="""
            CREATE TYPE state AS ENUM ('a', 'b', 'c');
            CREATE FUNCTION apart(x state, y state) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 1.0::float8';
            CREATE TYPE of_enum AS RANGE (SUBTYPE = state, SUBTYPE_DIFF = apart);
            CREATE TYPE changes AS RANGE (SUBTYPE = integer);
            CREATE TYPE called AS RANGE (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = many);
            CREATE FUNCTION united(many) RETURNS called LANGUAGE sql IMMUTABLE AS 'SELECT range_merge($1)';
            CREATE DOMAIN around AS changes CHECK (NOT isempty(VALUE));
            CREATE FUNCTION is_fine(a integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a > 0';
            CREATE DOMAIN fine AS integer CHECK (is_fine(VALUE));
            COMMENT ON TYPE changes IS 'stays';
            GRANT USAGE ON TYPE changes TO PUBLIC;
        """,
        first_after="""
            CREATE TYPE state AS ENUM ('c', 'a');
            CREATE FUNCTION apart(x state, y state) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 1.0::float8';
            CREATE TYPE of_enum AS RANGE (SUBTYPE = state, SUBTYPE_DIFF = apart);
            CREATE TYPE changes AS RANGE (SUBTYPE = integer, SUBTYPE_DIFF = int4range_subdiff);
            CREATE TYPE called AS RANGE (SUBTYPE = integer);
            CREATE FUNCTION united(called_multirange) RETURNS called LANGUAGE sql IMMUTABLE AS 'SELECT range_merge($1)';
            CREATE DOMAIN around AS changes CHECK (NOT isempty(VALUE));
            CREATE FUNCTION is_fine(b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT b > 0';
            CREATE DOMAIN fine AS integer CHECK (is_fine(VALUE));
            COMMENT ON TYPE changes IS 'stays';
            GRANT USAGE ON TYPE changes TO PUBLIC;
        """,
        before="CREATE VIEW v AS SELECT a, upper(a) AS u, changes(1, 2) AS made, multirange(called(1, 2)) AS c, g FROM t WHERE NOT isempty(a)",
        after="CREATE VIEW v AS SELECT a, upper(a) AS u, changes(1, 2) AS made, called_multirange() AS c, g FROM t WHERE NOT isempty(a)",
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
