"""Domains: https://www.postgresql.org/docs/current/sql-createdomain.html."""

from tests.contract.edits import Example

EXAMPLES = (
    Example(
        "every option, used by nothing",
        before="""
            CREATE DOMAIN stays AS varchar(20) COLLATE "C" DEFAULT 'a' CONSTRAINT one_of CHECK (VALUE IN ('a', 'b'));
            CREATE DOMAIN base AS varchar(20);
            CREATE DOMAIN goes AS integer;
            CREATE DOMAIN loses AS integer DEFAULT 7 NOT NULL CHECK (VALUE > 0) CHECK (VALUE < 100);
            CREATE DOMAIN gains AS integer;
            CREATE DOMAIN others AS integer DEFAULT 1 CONSTRAINT a CHECK (VALUE > 0) CONSTRAINT b CHECK (VALUE < 9);
            CREATE DOMAIN loose AS integer CONSTRAINT strict CHECK (VALUE <> 3);
            ALTER DOMAIN loose ADD CONSTRAINT proved CHECK (VALUE > 0) NOT VALID;
            ALTER DOMAIN loose ADD CONSTRAINT changed CHECK (VALUE <> 1) NOT VALID;
            ALTER DOMAIN loose ADD CONSTRAINT kept CHECK (VALUE <> 2) NOT VALID;
            ALTER DOMAIN loose ADD CONSTRAINT gone CHECK (VALUE <> 5) NOT VALID;
            COMMENT ON DOMAIN stays IS 'as it was';
            COMMENT ON DOMAIN base IS 'old';
            GRANT USAGE ON DOMAIN stays TO PUBLIC;
            REVOKE ALL ON TYPE base FROM PUBLIC;
        """,
        after="""
            CREATE DOMAIN stays AS varchar(20) COLLATE "C" DEFAULT 'a' CONSTRAINT one_of CHECK (VALUE IN ('a', 'b'));
            CREATE DOMAIN base AS text COLLATE "C";
            CREATE DOMAIN comes AS date DEFAULT CURRENT_DATE CONSTRAINT late CHECK (VALUE > '2000-01-01') NOT NULL;
            CREATE DOMAIN loses AS integer;
            CREATE DOMAIN gains AS integer DEFAULT 7 NOT NULL CONSTRAINT positive CHECK (VALUE > 0);
            CREATE DOMAIN others AS integer DEFAULT 2 CONSTRAINT a CHECK (VALUE > 1) CONSTRAINT c CHECK (VALUE < 9);
            CREATE DOMAIN loose AS integer CONSTRAINT proved CHECK (VALUE > 0);
            ALTER DOMAIN loose ADD CONSTRAINT changed CHECK (VALUE <> 10) NOT VALID;
            ALTER DOMAIN loose ADD CONSTRAINT kept CHECK (VALUE <> 2) NOT VALID;
            ALTER DOMAIN loose ADD CONSTRAINT strict CHECK (VALUE <> 3) NOT VALID;
            COMMENT ON DOMAIN stays IS 'as it is';
            COMMENT ON TYPE base IS 'new';
            GRANT USAGE ON DOMAIN stays TO PUBLIC;
            REVOKE ALL ON TYPE base FROM PUBLIC;
        """,
        portable=True,
    ),
    Example(
        "used by tables, functions, views and domains",
        tables="CREATE TABLE t (a integer PRIMARY KEY, b positive, c word[], d base);",
        first="""
            CREATE FUNCTION ok(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
            CREATE DOMAIN base AS integer;
            CREATE DOMAIN positive AS integer CONSTRAINT ok CHECK (ok(VALUE));
            CREATE DOMAIN small AS positive CONSTRAINT small CHECK (VALUE < 10);
            CREATE DOMAIN word AS varchar(9);
        """,
        before="""
            CREATE FUNCTION f(positive, small) RETURNS small LANGUAGE sql AS 'SELECT $2';
            CREATE VIEW v AS SELECT b, 3::small AS s, c FROM t;
        """,
        first_after="""
            CREATE FUNCTION ok(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
            CREATE FUNCTION fine(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 1';
            CREATE DOMAIN base AS integer DEFAULT 3;
            CREATE DOMAIN positive AS integer DEFAULT 3 CONSTRAINT fine CHECK (fine(VALUE));
            CREATE DOMAIN small AS positive DEFAULT 4 CONSTRAINT small CHECK (VALUE < 9);
            CREATE DOMAIN word AS varchar(8);
        """,
        after="""
            CREATE FUNCTION f(positive, small) RETURNS small LANGUAGE sql AS 'SELECT $2';
            CREATE VIEW v AS SELECT b, 3::small AS s, c FROM t;
        """,
    ),
    Example(
        "a new column and one that goes; hostile names",
        reflects_domains=True,
        tables="""
            CREATE TABLE t (a integer PRIMARY KEY);
            CREATE TABLE shrinks (a integer PRIMARY KEY, "select" "select");
            CREATE TABLE goes (a "select" DEFAULT 'x', b "select" NOT NULL, c "select"[], d "select", e text DEFAULT 'y');
        """,
        tables_after="""
            CREATE TABLE t (a integer PRIMARY KEY, b "Odd ""1"" :x");
            CREATE TABLE shrinks (a integer PRIMARY KEY);
        """,
        first='''
            CREATE DOMAIN "select" AS text DEFAULT ':x' NOT NULL CONSTRAINT "is %s :x ""y""" CHECK (VALUE <> 'it''s :x %s');
            COMMENT ON DOMAIN "select" IS 'it''s :x %s';
        ''',
        first_after='''
            CREATE DOMAIN "select" AS text DEFAULT ':y %s' CONSTRAINT "is %s :x ""y""" CHECK (VALUE <> 'it''s :y %s');
            CREATE DOMAIN "Odd ""1"" :x" AS "select" CONSTRAINT "ALL" CHECK (VALUE !~ '\\s:x');
            COMMENT ON DOMAIN "Odd ""1"" :x" IS '$$ :x %s';
        ''',
        before="",
        after="",
    ),
)
