"""Composite types: https://www.postgresql.org/docs/current/sql-createtype.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "attributes come, change and go",
        before="""
            CREATE TYPE stays AS (a integer, b varchar(3) COLLATE "C");
            CREATE TYPE grows AS (x integer, y integer);
            CREATE TYPE shrinks AS (x integer, y integer, z integer);
            CREATE TYPE changes AS (x integer, "Y y" varchar(3), z text);
            CREATE TYPE turns AS (x integer, y text);
            CREATE TYPE empty AS ();
            CREATE TYPE goes AS (a integer);
            CREATE TYPE around AS (i turns, j turns[]);
            CREATE FUNCTION f(turns) RETURNS grows LANGUAGE sql AS 'SELECT NULL::grows';
            COMMENT ON TYPE turns IS 'it turns';
            COMMENT ON COLUMN turns.y IS 'an attribute';
            COMMENT ON COLUMN stays.a IS 'old';
            REVOKE ALL ON TYPE turns FROM PUBLIC;
        """,
        after="""
            CREATE TYPE stays AS (a integer, b varchar(3) COLLATE "C");
            CREATE TYPE grows AS (x integer, y integer, z text COLLATE "C", "Z" numeric(4,2)[]);
            CREATE TYPE shrinks AS (y integer);
            CREATE TYPE changes AS (x bigint, "Y y" varchar(4) COLLATE "C", new date);
            CREATE TYPE turns AS (y text, x integer);
            CREATE TYPE empty AS (one integer);
            CREATE TYPE comes AS (a date);
            CREATE TYPE around AS (i turns, j turns[]);
            CREATE FUNCTION f(turns) RETURNS grows LANGUAGE sql AS 'SELECT NULL::grows';
            COMMENT ON TYPE turns IS 'it turns';
            COMMENT ON COLUMN turns.y IS 'an attribute';
            COMMENT ON COLUMN stays.a IS 'new';
            COMMENT ON COLUMN comes.a IS 'new';
            REVOKE ALL ON TYPE turns FROM PUBLIC;
        """,
        portable=True,
    ),
    Example(
        "used by tables and a view, and by a column that goes",
        tables="""
            CREATE TABLE t (a integer PRIMARY KEY, b pair, c same[]);
            CREATE TABLE shrinks (a integer PRIMARY KEY, b pair, c same[]);
            CREATE TABLE goes (a pair, b same[]);
        """,
        tables_after="""
            CREATE TABLE t (a integer PRIMARY KEY, b pair, c same[]);
            CREATE TABLE shrinks (a integer PRIMARY KEY, b pair);
        """,
        first="""
            CREATE TYPE pair AS (one integer, two text);
            CREATE TYPE same AS (one integer);
        """,
        first_after="""
            CREATE TYPE pair AS (two text, three integer);
            CREATE TYPE same AS (one bigint);
        """,
        before="""
            CREATE VIEW v AS SELECT (b).two, c, NULL::pair AS p FROM t;
        """,
        after="""
            CREATE VIEW v AS SELECT (b).two, c, (b).three, NULL::pair AS p FROM t;
        """,
    ),
    Example(
        "hostile names",
        before="""
            CREATE TYPE "Odd ""%s :x" AS ("select" integer, "a.b ""c"" %s" text);
            COMMENT ON COLUMN "Odd ""%s :x"."a.b ""c"" %s" IS 'it''s :x %s';
        """,
        after="""
            CREATE TYPE "Odd ""%s :z" AS ("table" integer);
            CREATE TYPE "Odd ""%s :x" AS ("select" integer, "a.b ""c"" %s" text, ":y %s" "Odd ""%s :z"[]);
            COMMENT ON COLUMN "Odd ""%s :x"."a.b ""c"" %s" IS 'it''s :y %s';
            COMMENT ON TYPE "Odd ""%s :x" IS ':x %s';
        """,
    ),
)
