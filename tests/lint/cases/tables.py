"""Tables, schemas and other objects that come, go and are renamed."""

from tests.lint.cases import bad, good

CASES = (
    bad("a table is dropped", 'op.drop_table("post")', "", "data loss"),
    bad("a table is dropped as SQL", 'op.execute("DROP TABLE IF EXISTS post")', "", "data loss"),
    bad("a table with a foreign key is dropped", 'op.drop_table("account")', "lock AccessExclusive tenant", "data loss"),
    bad("a table is dropped with all that needs it", 'op.execute("DROP TABLE tenant CASCADE")', "lock AccessExclusive account",
        "data loss", setup="SELECT 'account';"),
    bad("a table is dropped by a helper", """
        def clean(names):
            for name in names:
                op.execute("DROP TABLE " + name)

        clean(["post"])
        """, "", "data loss"),
    bad("a table is dropped by SQLAlchemy", """
        sa.Table("post", sa.MetaData()).drop(op.get_bind())
        """, "", "data loss"),
    bad("a table is dropped in a DO block", "op.execute('DO $$BEGIN DROP TABLE post; END$$')", "", "data loss"),
    bad("a table is renamed", 'op.rename_table("post", "article")', "", "compatibility"),
    bad("a table is renamed as SQL", 'op.execute("ALTER TABLE post RENAME TO article")', "", "compatibility"),
    bad("a table is moved", 'op.execute("CREATE SCHEMA old; ALTER TABLE post SET SCHEMA old")', "", "compatibility"),
    bad("a schema is renamed", 'op.execute("ALTER SCHEMA shop RENAME TO store")', "", "compatibility",
        setup="CREATE SCHEMA shop; CREATE TABLE shop.item (id bigint PRIMARY KEY);"),
    bad("a schema is dropped", 'op.execute("DROP SCHEMA shop CASCADE")', "", "data loss",
        setup="CREATE SCHEMA shop; CREATE TABLE shop.item (id bigint PRIMARY KEY);"),
    bad("a table is unlogged", 'op.execute("ALTER TABLE post SET UNLOGGED")', "rewrite post"),
    bad("a table is logged", 'op.execute("ALTER TABLE cache SET LOGGED")', "rewrite cache", setup="CREATE UNLOGGED TABLE cache (id int);"),
    bad("a table is clustered", 'op.execute("CLUSTER account USING account_name")', "file account"),
    bad("a table is vacuumed in full", """
        with op.get_context().autocommit_block():
            op.execute("VACUUM FULL account")
        """, "file account"),
    bad("a table is emptied", 'op.execute("TRUNCATE post")', "file post", "data loss"),
    bad("tables are emptied by cascade", 'op.execute("TRUNCATE TABLE tenant CASCADE")', "file tenant, file account", "data loss",
        setup="SELECT 'account';"),
    bad("a table is emptied by the connection", 'op.get_bind().execute(sa.text("TRUNCATE TABLE post RESTART IDENTITY"))', "file post",
        "data loss"),
    bad("a materialized view is refreshed", 'op.execute("REFRESH MATERIALIZED VIEW totals")', "file totals"),
    bad("a table gets another access method", 'op.execute("ALTER TABLE post SET ACCESS METHOD heap2")', "rewrite post", oldest=15,
        setup="CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;"),
    bad("a view is dropped", 'op.execute("DROP VIEW account_list")', "", "compatibility"),
    bad("a materialized view is dropped", 'op.execute("DROP MATERIALIZED VIEW totals")', "", "compatibility"),
    bad("a view loses a column", """
        op.execute("DROP VIEW account_list")
        op.execute("CREATE VIEW account_list AS SELECT id FROM account")
        """, "", "compatibility"),
    bad("a function takes more", """
        op.execute("DROP FUNCTION initials(text)")
        op.execute("CREATE FUNCTION initials(a text, b text) RETURNS text LANGUAGE sql AS 'SELECT left(a, 1) || left(b, 1)'")
        """, "", "compatibility",
        setup="CREATE FUNCTION initials(text) RETURNS text LANGUAGE sql AS 'SELECT left($1, 1)';"),
    bad("the last policy is dropped", 'op.execute("DROP POLICY mine ON post")', "lock AccessExclusive post", "compatibility",
        setup="ALTER TABLE post ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON post USING (account_id = 1);"),
    bad("row security is switched off", 'op.execute("ALTER TABLE post DISABLE ROW LEVEL SECURITY")',
        "lock AccessExclusive post", "compatibility",
        setup="ALTER TABLE post ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON post USING (account_id = 1);"),
    bad("privileges in a schema are taken", """
        op.execute("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM pg_monitor")
        """, "", "compatibility", setup="GRANT SELECT ON tenant TO pg_monitor;"),
    good("a function may take more", """
        op.execute("DROP FUNCTION initials(text)")
        op.execute(
            "CREATE FUNCTION initials(a text, b text DEFAULT '') RETURNS text LANGUAGE sql "
            "AS 'SELECT left(a, 1) || left(b, 1)'"
        )
        """, setup="CREATE FUNCTION initials(text) RETURNS text LANGUAGE sql AS 'SELECT left($1, 1)';"),
    good("a policy is another one", """
        op.execute("DROP POLICY mine ON post")
        op.execute("CREATE POLICY mine ON post USING (account_id < 9)")
        """, setup="ALTER TABLE post ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON post USING (account_id = 1);"),
    bad("a function is dropped", 'op.execute("DROP FUNCTION touch()")', "", "compatibility"),
    bad("a type is dropped with its columns", 'op.execute("DROP TYPE mood CASCADE")', "", "data loss",
        setup="CREATE TABLE feeling (id bigint PRIMARY KEY, mood mood);"),
    bad("a sequence is dropped", 'op.execute("DROP SEQUENCE numbers")', "", "compatibility", setup="CREATE SEQUENCE numbers;"),
    bad("an enum's value is renamed", "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'\")", "", "compatibility"),
    bad("an enum is renamed", 'op.execute("ALTER TYPE mood RENAME TO feeling")', "", "compatibility"),
    bad("a value of an enum is used where it was made", """
        op.execute("ALTER TYPE mood ADD VALUE 'calm'")
        op.execute("UPDATE feeling SET mood = 'calm' WHERE id = 1")
        """, "error", "transaction", setup="CREATE TABLE feeling (id bigint PRIMARY KEY, mood mood);"),
    bad("a value of an enum is a default where it was made", """
        op.execute("ALTER TYPE mood ADD VALUE 'calm'")
        op.alter_column("feeling", "mood", server_default="calm")
        """, "error", "transaction", setup="CREATE TABLE feeling (id bigint PRIMARY KEY, mood mood);"),
    bad("row security with a policy for another command", """
        op.execute("ALTER TABLE post ENABLE ROW LEVEL SECURITY")
        op.execute("CREATE POLICY seen ON post FOR SELECT USING (true)")
        """, "", "compatibility", setup="GRANT SELECT, UPDATE ON post TO pg_monitor;"),
    good("row security with a policy for all who may", """
        op.execute("ALTER TABLE post ENABLE ROW LEVEL SECURITY")
        op.execute("CREATE POLICY seen ON post TO pg_monitor USING (true)")
        """, setup="GRANT SELECT, UPDATE ON post TO pg_monitor;"),
    bad("a view is made again without its rights", """
        op.execute("DROP VIEW account_list")
        op.execute("CREATE VIEW account_list AS SELECT state, id FROM account")
        """, "", "compatibility", setup="GRANT SELECT ON account_list TO pg_monitor;"),
    good("a view is made again with its rights", """
        op.execute("DROP VIEW account_list")
        op.execute("CREATE VIEW account_list AS SELECT state, id FROM account")
        op.execute("GRANT SELECT ON account_list TO pg_monitor")
        """, setup="GRANT SELECT ON account_list TO pg_monitor;"),
    bad("row security without a policy", 'op.execute("ALTER TABLE post ENABLE ROW LEVEL SECURITY")', "", "compatibility"),
    bad("triggers are switched off", 'op.execute("ALTER TABLE account DISABLE TRIGGER ALL")', "lock ShareRowExclusive account", "data loss"),
    bad("a table is copied into a new one", 'op.execute("CREATE TABLE account_copy AS SELECT * FROM account")', "", "transaction"),
    bad("a table is locked", 'op.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")', "lock AccessExclusive account"),
    good("a table", """
        op.create_table(
            "draft",
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        )
        """),
    good("a table as SQL", "op.execute('CREATE TABLE draft (id bigint PRIMARY KEY, name text NOT NULL, UNIQUE (name))')"),
    good("a table of SQLAlchemy", """
        sa.Table("draft", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True)).create(op.get_bind())
        """),
    good("a table with rows", """
        draft = op.create_table("draft", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text))
        op.bulk_insert(draft, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        """),
    good("a table in a new schema", """
        op.execute("CREATE SCHEMA shop")
        op.create_table("item", sa.Column("id", sa.BigInteger, primary_key=True), schema="shop")
        """),
    good("a partitioned table", """
        op.execute("CREATE TABLE log (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)")
        op.execute("CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
        op.execute("CREATE TABLE log_rest PARTITION OF log DEFAULT")
        """),
    good("a table that is dropped again", """
        op.execute("CREATE TABLE step (id bigint PRIMARY KEY)")
        op.drop_table("step")
        """),
    good("a temporary table", """
        op.execute("CREATE TEMPORARY TABLE step (id bigint) ON COMMIT DROP")
        op.execute("INSERT INTO step VALUES (1)")
        op.execute("DROP TABLE step")
        """),
    good("a new table is renamed", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True))
        op.rename_table("a", "b")
        """),
    good("a new table is emptied", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True))
        op.execute("TRUNCATE a")
        """),
    good("a view", 'op.execute("CREATE VIEW titles AS SELECT id, title FROM post")'),
    good("a view is replaced", 'op.execute("CREATE OR REPLACE VIEW account_list AS SELECT id, state, email FROM account")'),
    good("a function", "op.execute('CREATE FUNCTION one() RETURNS integer LANGUAGE sql RETURN 1')"),
    good("a function is replaced", """
        op.execute('''CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
                      $$BEGIN new.published := now(); RETURN new; END$$''')
        """),
    good("a procedure", "op.execute('CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN TRUNCATE post; END$$')"),
    good("a trigger on a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True))
        op.execute("CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch()")
        """),
    good("a policy on a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True))
        op.execute("CREATE POLICY p ON a USING (id > 0)")
        op.execute("ALTER TABLE a ENABLE ROW LEVEL SECURITY")
        """),
    good("an enum", "op.execute(\"CREATE TYPE level AS ENUM ('low', 'high')\")"),
    good("an enum of SQLAlchemy", 'sa.Enum("low", "high", name="level").create(op.get_bind(), checkfirst=True)'),
    good("a value of an enum", """
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm' AFTER 'happy'")
        """),
    good("a composite type", 'op.execute("CREATE TYPE point3 AS (x float8, y float8, z float8)")'),
    good("a domain", 'op.execute("CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100)")'),
    good("a sequence", 'op.execute(sa.schema.CreateSequence(sa.Sequence("numbers")))'),
    good("a schema", 'op.execute("CREATE SCHEMA IF NOT EXISTS shop")'),
    good("statistics", 'op.execute("CREATE STATISTICS account_st (dependencies) ON tenant_id, state FROM account")'),
    good("statistics of an expression", 'op.execute("CREATE STATISTICS s ON lower(email) FROM account")'),
    good("the comment of a table", 'op.create_table_comment("account", "of people")'),
    good("the comment of a table as SQL", "op.execute(\"COMMENT ON TABLE account IS 'of people'; COMMENT ON COLUMN account.age IS 'in years'\")"),
    good("the storage of a table", 'op.execute("ALTER TABLE account SET (fillfactor = 90)")'),
    good("the autovacuum of a table", 'op.execute("ALTER TABLE post SET (autovacuum_vacuum_scale_factor = 0.01)")'),
    good("a storage parameter is reset", 'op.execute("ALTER TABLE post RESET (autovacuum_vacuum_scale_factor)")'),
    good("a publication", 'op.execute("CREATE PUBLICATION posts FOR TABLE post")'),
    good("rights", 'op.execute("GRANT SELECT ON post TO PUBLIC")'),
    good("rights by a loop", """
        for table in ("post", "account"):
            op.execute(f"GRANT SELECT, INSERT ON {table} TO pg_read_all_data")
        """),
    good("default rights", 'op.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_read_all_data")'),
    good("an analysis", 'op.execute("ANALYZE account")'),
    good("a vacuum outside of a transaction", """
        with op.get_context().autocommit_block():
            op.execute("VACUUM (ANALYZE) account")
        """),
    good("a materialized view", 'op.execute("CREATE MATERIALIZED VIEW few AS SELECT id FROM account WITH NO DATA")'),
    good("a materialized view that was never filled is refreshed", """
        op.execute("CREATE MATERIALIZED VIEW few AS SELECT tenant_id FROM account WHERE age > 90 WITH NO DATA")
        op.execute("REFRESH MATERIALIZED VIEW few")
        """),
    good("a sequence's cache", 'op.execute("ALTER SEQUENCE numbers CACHE 20")', setup="CREATE SEQUENCE numbers;"),
    good("nothing", "pass"),
)  # fmt: skip
