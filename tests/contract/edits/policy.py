"""Policies: https://www.postgresql.org/docs/current/sql-createpolicy.html."""

from tests.contract.edits import Example

TABLE = "CREATE TABLE t (a integer PRIMARY KEY, b text, c varchar(5));"
ROLES = (("roles", "st_reader, st_writer"),)

EXAMPLES = (
    Example(
        "commands, roles and conditions",
        tables=TABLE,
        before="""
            CREATE FUNCTION mine(integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 > 0';
            CREATE POLICY stays ON t USING (c IN ('x', 'y'));
            CREATE POLICY becomes ON t FOR SELECT TO st_reader USING (a > 0);
            CREATE POLICY widens ON t TO st_writer, st_reader USING (b = CURRENT_USER);
            CREATE POLICY gains ON t FOR UPDATE USING (b IN ('x', 'y'));
            CREATE POLICY loses ON t FOR UPDATE TO CURRENT_USER USING (c IN ('x', 'y')) WITH CHECK (a > 1);
            CREATE POLICY command ON t FOR INSERT WITH CHECK (mine(a));
            CREATE POLICY restricts ON t USING (a IN (SELECT s.a FROM t s));
            CREATE POLICY goes ON t FOR DELETE USING (false);
            COMMENT ON POLICY becomes ON t IS 'becomes';
            COMMENT ON POLICY command ON t IS 'command';
        """,
        after="""
            CREATE FUNCTION mine(number integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT number > 0';
            CREATE POLICY stays ON t USING (c IN ('x', 'y'));
            CREATE POLICY becomes ON t FOR SELECT TO st_reader, st_writer USING (a > 1);
            CREATE POLICY widens ON t USING (b = CURRENT_USER);
            CREATE POLICY gains ON t FOR UPDATE
              USING (b IN ('x', 'y', 'z')) -- more
              WITH CHECK (mine(a)) /* and better */;
            CREATE POLICY loses ON t FOR UPDATE TO CURRENT_USER USING (c IN ('x', 'y'));
            CREATE POLICY command ON t WITH CHECK (mine(a));
            CREATE POLICY restricts ON t AS RESTRICTIVE USING (a IN (SELECT s.a FROM t s));
            CREATE POLICY comes ON t FOR DELETE USING (EXISTS (SELECT FROM t s WHERE s.a = t.a));
            COMMENT ON POLICY becomes ON t IS 'became';
            COMMENT ON POLICY command ON t IS 'command';
        """,
        head=ROLES,
        portable=True,
    ),
    Example(
        "over columns and tables that change",
        tables=TABLE + "CREATE TABLE u (x integer PRIMARY KEY);",
        tables_after="CREATE TABLE t (a bigint PRIMARY KEY, b text); CREATE TABLE w (y integer PRIMARY KEY);",
        before="""
            CREATE POLICY one ON t FOR SELECT USING (a > 1);
            CREATE POLICY two ON t FOR SELECT USING (c = 'x' AND a IN (SELECT x FROM u));
            CREATE POLICY three ON u USING (x > 1);
            COMMENT ON POLICY one ON t IS 'one';
            COMMENT ON POLICY two ON t IS 'two';
        """,
        after="""
            CREATE POLICY one ON t FOR SELECT USING (a > 1);
            CREATE POLICY two ON t FOR SELECT USING (b = 'x' AND a IN (SELECT y FROM w));
            CREATE POLICY three ON w USING (y > 1);
            COMMENT ON POLICY one ON t IS 'one';
            COMMENT ON POLICY two ON t IS 'two';
        """,
        portable=True,
    ),
    Example(
        "hostile names",
        tables='CREATE TABLE "Order ""one""" ("select" integer PRIMARY KEY, "a.b c" text);',
        before='''
            CREATE POLICY "on %s :x ""y""" ON "Order ""one""" TO "st Odd :x" USING ("a.b c" = ':x %s $$');
            CREATE POLICY "table" ON "Order ""one""" FOR INSERT TO "st Odd :x" WITH CHECK ("select" > 1);
            COMMENT ON POLICY "on %s :x ""y""" ON "Order ""one""" IS 'it''s :x';
        ''',
        after='''
            CREATE POLICY "on %s :x ""y""" ON "Order ""one""" USING ("a.b c" = ':y %%s \\');
            CREATE POLICY "table" ON "Order ""one""" AS RESTRICTIVE FOR INSERT TO "st Odd :x" WITH CHECK ("select" > 1);
            COMMENT ON POLICY "on %s :x ""y""" ON "Order ""one""" IS 'it''s %s :x';
        ''',
        head=(("roles", "st Odd :x"),),
    ),
)
