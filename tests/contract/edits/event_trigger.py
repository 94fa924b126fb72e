"""Event triggers: https://www.postgresql.org/docs/current/sql-createeventtrigger.html."""

from tests.contract.edits import Example

FUNCTION = "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';"

EXAMPLES = (
    Example(
        "events, tags and enabled states",
        tables="CREATE TABLE t (a integer PRIMARY KEY);",
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text);",
        before=f"""
            {FUNCTION}
            CREATE FUNCTION logs() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM count(*) FROM t; END';
            CREATE EVENT TRIGGER stays ON ddl_command_end EXECUTE FUNCTION logs();
            CREATE EVENT TRIGGER changes ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE PROCEDURE f();
            CREATE EVENT TRIGGER other ON sql_drop EXECUTE FUNCTION f();
            CREATE EVENT TRIGGER off ON ddl_command_end EXECUTE FUNCTION f();
            CREATE EVENT TRIGGER "on" ON table_rewrite EXECUTE FUNCTION f();
            ALTER EVENT TRIGGER "on" DISABLE;
            CREATE EVENT TRIGGER moves ON table_rewrite EXECUTE FUNCTION f();
            ALTER EVENT TRIGGER moves ENABLE ALWAYS;
            CREATE EVENT TRIGGER goes ON ddl_command_end EXECUTE FUNCTION f();
            COMMENT ON EVENT TRIGGER changes IS 'changes';
        """,
        after=f"""
            {FUNCTION}
            CREATE FUNCTION logs() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM max(a) FROM t; END';
            CREATE EVENT TRIGGER stays ON ddl_command_end EXECUTE FUNCTION logs();
            CREATE EVENT TRIGGER changes ON ddl_command_start WHEN TAG IN ('DROP TABLE', 'CREATE TABLE')
              EXECUTE FUNCTION f();
            CREATE EVENT TRIGGER other ON sql_drop EXECUTE FUNCTION logs();
            CREATE EVENT TRIGGER off ON ddl_command_end EXECUTE FUNCTION f();
            ALTER EVENT TRIGGER off DISABLE;
            CREATE EVENT TRIGGER "on" ON table_rewrite EXECUTE FUNCTION f();
            CREATE EVENT TRIGGER moves ON sql_drop EXECUTE FUNCTION f();
            ALTER EVENT TRIGGER moves ENABLE REPLICA;
            CREATE EVENT TRIGGER comes ON ddl_command_end WHEN TAG IN ('CREATE VIEW', 'GRANT') EXECUTE FUNCTION f();
            COMMENT ON EVENT TRIGGER changes IS 'changes';
            COMMENT ON EVENT TRIGGER "on" IS 'on';
        """,
        portable=True,
    ),
    Example(
        "a function that is made again, an owner, and one that nobody declared",
        unmanaged="""
            DO $$ BEGIN CREATE ROLE st_super SUPERUSER; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            CREATE SCHEMA guard;
            CREATE FUNCTION guard.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';
            CREATE EVENT TRIGGER beside ON ddl_command_end EXECUTE FUNCTION guard.f();
        """,
        before=f"""
            {FUNCTION}
            CREATE EVENT TRIGGER one ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION guard.f();
            CREATE EVENT TRIGGER two ON ddl_command_end EXECUTE FUNCTION f();
            ALTER EVENT TRIGGER two OWNER TO st_super;
            COMMENT ON EVENT TRIGGER two IS 'two';
        """,
        after="""
            CREATE FUNCTION g() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';
            CREATE EVENT TRIGGER one ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION g();
            CREATE EVENT TRIGGER two ON ddl_command_end EXECUTE FUNCTION g();
            ALTER EVENT TRIGGER two OWNER TO st_super;
            COMMENT ON EVENT TRIGGER two IS 'two';
            ALTER EVENT TRIGGER one OWNER TO st_super;
        """,
    ),
    Example(
        "hostile names",
        before='''
            CREATE FUNCTION "ev'er :x %s"() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER "on %s :x ""y""" ON ddl_command_end EXECUTE FUNCTION "ev'er :x %s"();
            ALTER EVENT TRIGGER "on %s :x ""y""" DISABLE;
            COMMENT ON EVENT TRIGGER "on %s :x ""y""" IS 'it''s :x';
        ''',
        after='''
            CREATE FUNCTION "ev'er :x %s"() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER "on %s :x ""y""" ON ddl_command_start EXECUTE FUNCTION "ev'er :x %s"();
            ALTER EVENT TRIGGER "on %s :x ""y""" DISABLE;
            CREATE EVENT TRIGGER "table" ON sql_drop EXECUTE FUNCTION "ev'er :x %s"();
        ''',
    ),
)
