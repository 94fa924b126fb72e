"""Rules: https://www.postgresql.org/docs/current/sql-createrule.html."""

from tests.contract.edits import Example

TABLES = "CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE TABLE log (a integer, at text);"

EXAMPLES = (
    Example(
        "events, conditions and actions",
        tables=TABLES,
        before="""
            CREATE FUNCTION low(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
            CREATE RULE stays AS ON DELETE TO t WHERE OLD.a = 1 DO INSTEAD NOTHING;
            CREATE RULE changes AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.a, 'new');
            CREATE RULE goes AS ON UPDATE TO t DO INSERT INTO log VALUES (OLD.a, OLD.b);
            CREATE OR REPLACE RULE calls AS ON UPDATE TO t WHERE NEW.b <> low(NEW.b)
              DO INSTEAD UPDATE t SET b = low(NEW.b) WHERE a = OLD.a;
            CREATE RULE event AS ON UPDATE TO log DO INSTEAD NOTHING;
            COMMENT ON RULE changes ON t IS 'changes';
            COMMENT ON RULE calls ON t IS 'calls';
        """,
        after="""
            CREATE FUNCTION low(given text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(given)';
            CREATE RULE stays AS ON DELETE TO t WHERE OLD.a = 1 DO INSTEAD NOTHING;
            CREATE RULE changes AS ON INSERT TO t WHERE NEW.a > 0
              DO ALSO (INSERT INTO log VALUES (NEW.a, 'one; two'); DELETE FROM log WHERE at IS NULL);
            CREATE RULE calls AS ON UPDATE TO t WHERE NEW.b <> low(NEW.b)
              DO INSTEAD UPDATE t SET b = low(NEW.b) WHERE a = OLD.a;
            CREATE RULE event AS ON DELETE TO log DO INSTEAD NOTHING;
            CREATE RULE comes AS ON INSERT TO log DO ALSO NOTIFY logged;
            COMMENT ON RULE changes ON t IS 'changed';
            COMMENT ON RULE comes ON log IS 'comes';
        """,
        portable=True,
    ),
    Example(
        "enabled states",
        tables=TABLES,
        before="""
            CREATE RULE one AS ON INSERT TO t DO INSTEAD NOTHING;
            CREATE RULE two AS ON UPDATE TO t DO INSTEAD NOTHING;
            ALTER TABLE t DISABLE RULE two;
            CREATE RULE three AS ON DELETE TO t DO INSTEAD NOTHING;
            CREATE RULE four AS ON INSERT TO t DO ALSO NOTIFY four;
            ALTER TABLE t ENABLE REPLICA RULE three, ENABLE ALWAYS RULE four;
        """,
        after="""
            CREATE RULE one AS ON INSERT TO t DO INSTEAD NOTHING;
            ALTER TABLE t ENABLE ALWAYS RULE one;
            CREATE RULE two AS ON UPDATE TO t DO INSTEAD NOTHING;
            CREATE RULE three AS ON DELETE TO t WHERE OLD.a > 1 DO INSTEAD NOTHING;
            ALTER TABLE t DISABLE RULE three;
            CREATE RULE four AS ON INSERT TO t DO ALSO NOTIFY five;
        """,
        portable=True,
    ),
    Example(
        "on a view that is made again, over columns that change",
        tables=TABLES,
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY); CREATE TABLE log (a integer, at text, new text);",
        before="""
            CREATE VIEW v AS SELECT a, b FROM t;
            CREATE RULE put AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (NEW.a, NEW.b) RETURNING t.a, t.b;
            CREATE RULE del AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE a = OLD.a;
            CREATE RULE logs AS ON UPDATE TO t WHERE NEW.a <> OLD.a DO ALSO INSERT INTO log VALUES (NEW.a, NEW.b);
            ALTER TABLE t DISABLE RULE logs;
            COMMENT ON RULE del ON v IS 'del';
        """,
        after="""
            CREATE VIEW v AS SELECT a FROM t;
            CREATE RULE put AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (NEW.a) RETURNING t.a;
            CREATE RULE del AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE a = OLD.a;
            CREATE RULE logs AS ON UPDATE TO t WHERE NEW.a <> OLD.a DO ALSO INSERT INTO log (a, new) VALUES (NEW.a, 'x');
            ALTER TABLE t DISABLE RULE logs;
            COMMENT ON RULE del ON v IS 'del';
        """,
        portable=True,
    ),
    Example(
        "hostile names",
        tables='CREATE TABLE "Order ""one""" ("select" integer PRIMARY KEY, "a.b c" text);',
        before='''
            CREATE RULE "on %s :x ""y""" AS ON UPDATE TO "Order ""one""" WHERE NEW."a.b c" = ':x %s $$'
              DO INSTEAD DELETE FROM "Order ""one""" WHERE "select" = OLD."select";
            ALTER TABLE "Order ""one""" DISABLE RULE "on %s :x ""y""";
            COMMENT ON RULE "on %s :x ""y""" ON "Order ""one""" IS 'it''s :x';
        ''',
        after='''
            CREATE RULE "on %s :x ""y""" AS ON UPDATE TO "Order ""one""" WHERE NEW."a.b c" = ':y %%s \\'
              DO INSTEAD DELETE FROM "Order ""one""" WHERE "select" = OLD."select";
            ALTER TABLE "Order ""one""" DISABLE RULE "on %s :x ""y""";
            CREATE RULE "table" AS ON INSERT TO "Order ""one""" DO ALSO (NOTIFY "a""b", ':x'; NOTIFY "ON");
        ''',
        portable=True,
    ),
)
