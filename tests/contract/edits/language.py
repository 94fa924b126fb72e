"""Languages: https://www.postgresql.org/docs/current/sql-createlanguage.html."""

from tests.contract.edits import Example

HANDLER = """
    CREATE FUNCTION handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
"""

EXAMPLES = (
    Example(
        "plain",
        before="""
            CREATE LANGUAGE plain HANDLER plpgsql_call_handler;
            CREATE TRUSTED LANGUAGE changes HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler;
            CREATE TRUSTED LANGUAGE goes HANDLER plpgsql_call_handler;
            CREATE FUNCTION f() RETURNS integer LANGUAGE changes AS 'BEGIN RETURN 1; END';
            GRANT USAGE ON LANGUAGE changes, goes TO pg_monitor;
            REVOKE USAGE ON LANGUAGE changes FROM PUBLIC;
            COMMENT ON LANGUAGE changes IS 'one';
            COMMENT ON LANGUAGE goes IS 'one';
        """,
        after=f"""
            {HANDLER}
            CREATE LANGUAGE plain HANDLER plpgsql_call_handler VALIDATOR plpgsql_validator;
            CREATE TRUSTED LANGUAGE changes HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler
              VALIDATOR plpgsql_validator;
            CREATE TRUSTED LANGUAGE comes HANDLER handle;
            CREATE FUNCTION f() RETURNS integer LANGUAGE changes AS 'BEGIN RETURN 2; END';
            CREATE FUNCTION g() RETURNS integer LANGUAGE comes AS 'BEGIN RETURN 2; END';
            GRANT USAGE ON LANGUAGE changes TO pg_monitor WITH GRANT OPTION;
            REVOKE USAGE ON LANGUAGE changes FROM PUBLIC;
            COMMENT ON LANGUAGE changes IS 'two';
            COMMENT ON PROCEDURAL LANGUAGE comes IS 'new';
        """,
        portable=True,
    ),
    Example(
        "a handler that goes, and hostile names",
        before=f"""
            {HANDLER}
            CREATE TRUSTED LANGUAGE "odd "":x %s name" HANDLER handle;
            CREATE FUNCTION f() RETURNS integer LANGUAGE "odd "":x %s name" AS 'BEGIN RETURN 1; END';
            ALTER LANGUAGE "odd "":x %s name" OWNER TO pg_monitor;
            GRANT USAGE ON LANGUAGE "odd "":x %s name" TO pg_read_all_stats;
            COMMENT ON LANGUAGE "odd "":x %s name" IS 'it''s %(x)s :y';
        """,
        after="""
            CREATE TRUSTED LANGUAGE "odd "":x %s name" HANDLER plpgsql_call_handler;
            CREATE FUNCTION f() RETURNS integer LANGUAGE "odd "":x %s name" AS 'BEGIN RETURN 1; END';
            ALTER LANGUAGE "odd "":x %s name" OWNER TO pg_monitor;
            COMMENT ON LANGUAGE "odd "":x %s name" IS 'it''s %(x)s :y';
        """,
        portable=True,
    ),
    Example(
        "made again with what uses it",
        before=f"""
            {HANDLER}
            CREATE TRUSTED LANGUAGE used HANDLER handle;
            CREATE FUNCTION f() RETURNS integer LANGUAGE used AS 'BEGIN RETURN 1; END';
            CREATE VIEW v AS SELECT f();
            ALTER LANGUAGE used OWNER TO pg_monitor;
            GRANT USAGE ON LANGUAGE used TO pg_read_all_stats;
            REVOKE USAGE ON LANGUAGE used FROM PUBLIC;
            COMMENT ON LANGUAGE used IS 'used';
        """,
        after=f"""
            {HANDLER.replace("handle()", "handle2()")}
            CREATE TRUSTED LANGUAGE used HANDLER handle2;
            CREATE FUNCTION f() RETURNS bigint LANGUAGE used AS 'BEGIN RETURN 1; END';
            CREATE VIEW v AS SELECT f();
            ALTER LANGUAGE used OWNER TO pg_monitor;
            GRANT USAGE ON LANGUAGE used TO pg_read_all_stats;
            REVOKE USAGE ON LANGUAGE used FROM PUBLIC;
            COMMENT ON LANGUAGE used IS 'used';
        """,
        portable=True,
    ),
)
