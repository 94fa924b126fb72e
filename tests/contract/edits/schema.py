"""Schemas: https://www.postgresql.org/docs/current/sql-createschema.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "with aspects, and views in them",
        tables="CREATE TABLE t (a integer PRIMARY KEY);",
        before="""
            CREATE SCHEMA stays;
            CREATE SCHEMA goes;
            CREATE SCHEMA IF NOT EXISTS empty AUTHORIZATION CURRENT_USER;
            CREATE VIEW goes.v AS SELECT a FROM t;
            CREATE FUNCTION stays.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE VIEW v AS SELECT stays.f() AS f;
            COMMENT ON SCHEMA stays IS 'old';
            GRANT USAGE ON SCHEMA stays TO PUBLIC;
            COMMENT ON SCHEMA goes IS 'it goes';
        """,
        after="""
            CREATE SCHEMA stays;
            CREATE SCHEMA comes AUTHORIZATION pg_monitor;
            CREATE SCHEMA IF NOT EXISTS public;
            CREATE VIEW comes.v AS SELECT a FROM t;
            CREATE FUNCTION stays.f() RETURNS integer LANGUAGE sql AS 'SELECT 2';
            CREATE VIEW v AS SELECT stays.f() AS f;
            COMMENT ON SCHEMA stays IS 'new';
            GRANT USAGE, CREATE ON SCHEMA comes TO PUBLIC;
            COMMENT ON SCHEMA public IS 'of all';
        """,
    ),
    Example(
        "with tables of the models, that come and go with them; hostile names",
        head=(("configure", "include_schemas=True"),),
        first="""
            CREATE SCHEMA goes;
            CREATE SCHEMA "Odd ""one"" :x";
        """,
        first_after="""
            CREATE SCHEMA "Odd ""one"" :x";
            COMMENT ON SCHEMA "Odd ""one"" :x" IS 'it''s :x %s';
            CREATE SCHEMA comes;
        """,
        tables="""
            CREATE TABLE t (a integer PRIMARY KEY);
            CREATE TABLE goes.t (a integer PRIMARY KEY, b integer REFERENCES t);
            CREATE TABLE "Odd ""one"" :x".t (a integer PRIMARY KEY);
        """,
        tables_after="""
            CREATE TABLE t (a integer PRIMARY KEY);
            CREATE TABLE comes.t (a integer PRIMARY KEY, b integer REFERENCES t);
            CREATE TABLE "Odd ""one"" :x".t (a integer PRIMARY KEY);
        """,
        before="CREATE VIEW goes.v AS SELECT a FROM goes.t;",
        after='CREATE VIEW comes.v AS SELECT a FROM "Odd ""one"" :x".t;',
    ),
)
