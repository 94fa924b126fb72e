"""Triggers: https://www.postgresql.org/docs/current/sql-createtrigger.html."""

from tests.contract.edits import Example

FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
TABLE = "CREATE TABLE t (a integer PRIMARY KEY, b text, c text);"

EXAMPLES = (
    Example(
        "timings and events",
        tables=TABLE,
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER two AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION f();
            CREATE TRIGGER three BEFORE TRUNCATE ON t EXECUTE PROCEDURE f();
            CREATE TRIGGER four AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER two AFTER TRUNCATE OR INSERT OR DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION f();
            CREATE TRIGGER three AFTER TRUNCATE ON t EXECUTE FUNCTION f();
            CREATE TRIGGER five BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
        """,
        portable=True,
    ),
    Example(
        "columns, conditions and arguments",
        tables=TABLE,
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION f();
            CREATE TRIGGER two AFTER INSERT OR UPDATE OF b ON t FOR EACH ROW WHEN (NEW.a > 1 AND NEW.b IN ('x', 'y''z')) EXECUTE FUNCTION f();
            CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f('x', 'it''s', "Ident", 12, '%s :x', '');
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE UPDATE OF b, a, c ON t FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a) EXECUTE FUNCTION f();
            CREATE TRIGGER two AFTER INSERT OR UPDATE OF c ON t FOR EACH ROW WHEN (NEW.a > 2) EXECUTE FUNCTION f();
            CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f('x', 'it''s', "Ident", 13, '%s :y \\n');
        """,
        portable=True,
    ),
    Example(
        "transition tables",
        tables=TABLE,
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS "N n" FOR EACH STATEMENT EXECUTE FUNCTION f();
            CREATE TRIGGER two AFTER INSERT ON t REFERENCING NEW TABLE AS fresh FOR EACH ROW EXECUTE FUNCTION f();
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one AFTER UPDATE ON t REFERENCING NEW TABLE "N n" FOR EACH STATEMENT EXECUTE FUNCTION f();
            CREATE TRIGGER two AFTER DELETE ON t REFERENCING OLD TABLE AS gone FOR EACH ROW EXECUTE FUNCTION f();
        """,
        portable=True,
    ),
    Example(
        "constraint triggers",
        tables=TABLE + "CREATE TABLE u (a integer PRIMARY KEY);",
        before=f"""
            {FUNCTION}
            CREATE CONSTRAINT TRIGGER one AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE CONSTRAINT TRIGGER two AFTER UPDATE OF a ON t FROM u DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION f('x');
            CREATE CONSTRAINT TRIGGER three AFTER DELETE ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER four AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
            COMMENT ON TRIGGER one ON t IS 'one';
            COMMENT ON TRIGGER two ON t IS 'two';
        """,
        after=f"""
            {FUNCTION}
            CREATE CONSTRAINT TRIGGER one AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
            CREATE CONSTRAINT TRIGGER two AFTER UPDATE OF a ON t FROM u DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION f('x');
            CREATE TRIGGER three AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE CONSTRAINT TRIGGER four AFTER DELETE ON t NOT DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
            COMMENT ON TRIGGER one ON t IS 'one';
        """,
        portable=True,
    ),
    Example(
        "enabled states",
        tables=TABLE,
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER two;
            CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t ENABLE REPLICA TRIGGER three;
            CREATE TRIGGER four BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t ENABLE ALWAYS TRIGGER four;
            CREATE TRIGGER five BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER five;
            CREATE CONSTRAINT TRIGGER six AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER six;
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t ENABLE ALWAYS TRIGGER one;
            CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER three BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER three;
            CREATE TRIGGER four BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t ENABLE ALWAYS TRIGGER four;
            CREATE TRIGGER five BEFORE INSERT OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
            CREATE CONSTRAINT TRIGGER six AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER six;
        """,
        portable=True,
    ),
    Example(
        "on partitioned tables",
        unmanaged="""
            CREATE TABLE p (id integer NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            CREATE TABLE p2 PARTITION OF p DEFAULT PARTITION BY LIST (id);
            CREATE TABLE p2a PARTITION OF p2 DEFAULT;
        """,
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER two BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER here AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION f('1');
            COMMENT ON TRIGGER one ON p IS 'one';
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one AFTER INSERT OR UPDATE OF id ON p FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION f('x');
            CREATE TRIGGER here AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION f('2');
            CREATE TRIGGER there AFTER INSERT ON p2 FOR EACH STATEMENT EXECUTE FUNCTION f();
        """,
    ),
    Example(
        "on views",
        tables=TABLE,
        before=f"""
            {FUNCTION}
            CREATE VIEW v AS SELECT a, b FROM t;
            CREATE TRIGGER ins INSTEAD OF INSERT OR UPDATE OR DELETE ON v FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER stm BEFORE UPDATE OF b ON v FOR EACH STATEMENT EXECUTE FUNCTION f();
            COMMENT ON TRIGGER ins ON v IS 'instead';
        """,
        after=f"""
            {FUNCTION}
            CREATE VIEW v AS SELECT b FROM t;
            CREATE TRIGGER ins INSTEAD OF INSERT OR DELETE ON v FOR EACH ROW EXECUTE FUNCTION f();
            CREATE TRIGGER stm AFTER UPDATE OF b ON v FOR EACH STATEMENT EXECUTE FUNCTION f();
            COMMENT ON TRIGGER ins ON v IS 'instead';
        """,
        portable=True,
    ),
    Example(
        "on foreign tables",
        unmanaged="""
            CREATE FOREIGN DATA WRAPPER wrapper;
            CREATE SERVER there FOREIGN DATA WRAPPER wrapper;
            CREATE FOREIGN TABLE far (a integer, b text) SERVER there;
        """,
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE INSERT ON far FOR EACH ROW EXECUTE FUNCTION f();
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one AFTER INSERT OR UPDATE OF b ON far FOR EACH ROW EXECUTE FUNCTION f();
        """,
    ),
    Example(
        "hostile text",
        tables='CREATE TABLE "Order ""one""" ("select" integer PRIMARY KEY, "a.b c" text);',
        before='''
            CREATE FUNCTION "tr'ig"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER "on %s :x ""y""" BEFORE UPDATE OF "a.b c" ON "Order ""one""" FOR EACH ROW
              WHEN (NEW."a.b c" <> ':x %s') EXECUTE FUNCTION "tr'ig"('"', ':x');
            ALTER TABLE "Order ""one""" DISABLE TRIGGER "on %s :x ""y""";
            COMMENT ON TRIGGER "on %s :x ""y""" ON "Order ""one""" IS 'it''s :x';
        ''',
        after='''
            CREATE FUNCTION "tr'ig"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER "on %s :x ""y""" BEFORE UPDATE OF "select", "a.b c" ON "Order ""one""" FOR EACH ROW
              WHEN (NEW."a.b c" <> ':y %s') EXECUTE FUNCTION "tr'ig"('"', ':y');
            ALTER TABLE "Order ""one""" DISABLE TRIGGER "on %s :x ""y""";
            CREATE TRIGGER abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abcdefghi_abc BEFORE INSERT ON "Order ""one"""
              EXECUTE FUNCTION "tr'ig"();
        ''',
    ),
    Example(
        "columns change under them",
        tables="CREATE TABLE t (a integer PRIMARY KEY, b text, c varchar(5));",
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text);",
        before=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE UPDATE OF a, c ON t FOR EACH ROW WHEN (NEW.a > 1 AND NEW.c <> '') EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER one;
            CREATE TRIGGER two AFTER UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f();
            COMMENT ON TRIGGER two ON t IS 'two';
        """,
        after=f"""
            {FUNCTION}
            CREATE TRIGGER one BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f();
            ALTER TABLE t DISABLE TRIGGER one;
            CREATE TRIGGER two AFTER UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f();
            COMMENT ON TRIGGER two ON t IS 'two';
        """,
        portable=True,
    ),
)
