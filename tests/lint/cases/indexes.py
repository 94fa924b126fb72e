"""Indexes."""

from tests.lint.cases import bad, good

CASES = (
    bad("an index", 'op.create_index("account_seen", "account", ["seen"])', "build account"),
    bad("a unique index", 'op.create_index("account_nick", "account", ["nick"], unique=True)', "build account"),
    bad("an index as SQL", 'op.execute("CREATE INDEX ON account (seen, age)")', "build account"),
    bad("an index on an expression", 'op.create_index("account_lower", "account", [sa.text("lower(email)")])', "build account"),
    bad("a partial index", 'op.create_index("a", "account", ["seen"], postgresql_where=sa.text("age > 3"))', "build account"),
    bad("a gin index", 'op.create_index("a", "account", ["data"], postgresql_using="gin")', "build account"),
    bad("a brin index", 'op.execute("CREATE INDEX account_made ON account USING brin (made)")', "build account"),
    bad("a hash index", 'op.execute("CREATE INDEX account_h ON account USING hash (ref)")', "build account"),
    bad("an index that includes columns", 'op.create_index("a", "post", ["slug"], postgresql_include=["title"])', "build post"),
    bad("an index if it is not there", 'op.create_index("a", "post", ["slug"], if_not_exists=True)', "build post"),
    bad("an index from batch_alter_table", """
        with op.batch_alter_table("post") as batch:
            batch.create_index("post_slug", ["slug"])
        """, "build post"),
    bad("an index from a helper", """
        def add(table, *columns):
            op.create_index("_".join([table, *columns]), table, columns)

        add("post", "slug", "views")
        """, "build post"),
    bad("an index under an alias of op", """
        o = op
        o.create_index("post_views", "post", ["views"])
        """, "build post"),
    bad("an index by an f-string", """
        for column in ("views", "slug"):
            op.execute(f"CREATE INDEX post_{column} ON post ({column})")
        """, "build post"),
    bad("an index by the connection", 'op.get_bind().execute(sa.text("CREATE INDEX post_slug ON post (slug)"))', "build post"),
    bad("an index by the connection's driver", 'op.get_bind().exec_driver_sql("CREATE INDEX post_slug ON post (slug)")',
        "build post"),
    bad("an index by SQLAlchemy's DDL", """
        table = sa.Table("post", sa.MetaData(), sa.Column("slug", sa.Text))
        sa.Index("post_slug", table.c.slug).create(op.get_bind())
        """, "build post"),
    bad("an index in a DO block", """
        op.execute(\"\"\"
            DO $$
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 'post_slug') THEN
                    CREATE INDEX post_slug ON post (slug);
                END IF;
            END $$
        \"\"\")
        """, "build post"),
    bad("an index by EXECUTE in a DO block", """
        op.execute("DO $$ BEGIN EXECUTE format('CREATE INDEX %I ON %I (slug)', 'post_slug', 'post'); END $$")
        """, "build post"),
    bad("an index by getattr", 'getattr(op, "create_" + "index")("post_slug", "post", ["slug"])', "build post"),
    bad("an index as the second of two statements", """
        op.execute("COMMENT ON TABLE post IS 'of people'; CREATE INDEX post_slug ON post (slug);")
        """, "build post"),
    bad("an index in an autocommit block that is not concurrent", """
        with op.get_context().autocommit_block():
            op.create_index("post_slug", "post", ["slug"])
        """, "build post"),
    bad("an index on a partitioned table", 'op.create_index("event_kind", "event", ["kind"])', "build event_2024"),
    bad("an index on a partition", 'op.create_index("event_2024_kind", "event_2024", ["kind"])', "build event_2024"),
    bad("an index on a materialized view", 'op.create_index("totals_n", "totals", ["n"])', "build totals"),
    bad("an index on a column added before it", """
        op.add_column("post", sa.Column("kind", sa.Text))
        op.create_index("post_kind", "post", ["kind"])
        """, "build post"),
    bad("an index on a foreign key added before it", """
        op.add_column("post", sa.Column("tenant_id", sa.BigInteger))
        op.create_foreign_key("post_tenant", "post", "tenant", ["tenant_id"], ["id"], postgresql_not_valid=True)
        op.create_index("post_tenant", "post", ["tenant_id"])
        """, "build post, held tenant"),
    bad("a concurrent index in the transaction", """
        op.create_index("post_slug", "post", ["slug"], postgresql_concurrently=True)
        """, "error", "transaction"),
    bad("a concurrent index as SQL in the transaction", 'op.execute("CREATE INDEX CONCURRENTLY ON post (slug)")', "error",
        "transaction"),
    bad("a concurrent drop in the transaction", 'op.execute("DROP INDEX CONCURRENTLY account_name")', "error", "transaction"),
    bad("a concurrent reindex in the transaction", 'op.execute("REINDEX INDEX CONCURRENTLY account_name")', "error", "transaction"),
    bad("a vacuum in the transaction", 'op.execute("VACUUM account")', "error", "transaction"),
    bad("a concurrent unique index on a duplicate", """
        with op.get_context().autocommit_block():
            op.create_index("account_nick", "account", ["nick"], unique=True, postgresql_concurrently=True)
        """, "error", "rows", rows="UPDATE account SET nick = 'x';"),
    bad("an index is dropped", 'op.drop_index("account_name", "account")', "lock AccessExclusive account"),
    bad("an index is dropped as SQL", 'op.execute("DROP INDEX IF EXISTS account_name")', "lock AccessExclusive account"),
    bad("an index is dropped in a batch", """
        with op.batch_alter_table("account") as batch_op:
            batch_op.drop_index("account_name")
        """, "lock AccessExclusive account"),
    bad("an index is rebuilt", 'op.execute("REINDEX INDEX account_name")', "build account"),
    bad("all indexes of a table are rebuilt", 'op.execute("REINDEX TABLE account")', "build account"),
    bad("a concurrent index on a partitioned table", """
        with op.get_context().autocommit_block():
            op.create_index("event_kind", "event", ["kind"], postgresql_concurrently=True)
        """, "error", "transaction"),
    bad("a concurrent index under a lock_timeout, which may leave it invalid", """
        with op.get_context().autocommit_block():
            op.create_index("post_slug", "post", ["slug"], postgresql_concurrently=True)
        """, "", "transaction"),
    bad("a concurrent reindex under a lock_timeout, which may leave it invalid", """
        with op.get_context().autocommit_block():
            op.execute("REINDEX INDEX CONCURRENTLY account_name")
        """, "", "transaction"),
    bad("a concurrent index for which an invalid one may be taken", """
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout TO 0")
            op.create_index("post_slug", "post", ["slug"], postgresql_concurrently=True, if_not_exists=True)
        """, "", "transaction"),
    good("a concurrent index", """
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.create_index("post_slug", "post", ["slug"], postgresql_concurrently=True)
            op.execute("SET lock_timeout = '5s'")
        """),
    good("a concurrent index without a lock_timeout", """
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.execute("DROP INDEX CONCURRENTLY IF EXISTS post_slug")
            op.execute("CREATE INDEX CONCURRENTLY post_slug ON post (slug)")
        """),
    good("a concurrent drop", """
        with op.get_context().autocommit_block():
            op.drop_index("account_name", "account", postgresql_concurrently=True)
        """),
    good("a concurrent drop that may be done", """
        with op.get_context().autocommit_block():
            op.drop_index("account_name", postgresql_concurrently=True, if_exists=True)
        """),
    good("a concurrent reindex", """
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.execute("REINDEX INDEX CONCURRENTLY account_name")
        """),
    good("a concurrent reindex of a table", """
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0; ")
            op.execute("REINDEX TABLE CONCURRENTLY account")
        """),
    good("an index on a new table", """
        op.create_table("draft", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text))
        op.create_index("draft_name", "draft", ["name"])
        """),
    good("an index on a new table as SQL", """
        op.execute("CREATE TABLE draft (id bigint PRIMARY KEY, name text)")
        op.execute("CREATE UNIQUE INDEX draft_name ON draft (name)")
        """),
    good("an index of a column of a new table", """
        op.create_table("draft", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text, index=True))
        """),
    good("an index on a new materialized view", """
        op.execute("CREATE MATERIALIZED VIEW few AS SELECT tenant_id FROM account WHERE age > 90")
        op.execute("CREATE UNIQUE INDEX few_key ON few (tenant_id)")
        """, rows="DELETE FROM account;"),
    good("an index on a partitioned table alone", 'op.execute("CREATE INDEX event_kind ON ONLY event (kind)")'),
    good("an index on a new table in a DO block", """
        op.execute("CREATE TABLE draft (id bigint PRIMARY KEY, name text)")
        op.execute("DO $$ BEGIN CREATE INDEX draft_name ON draft (name); END $$")
        """),
    good("an index is renamed", 'op.execute("ALTER INDEX account_name RENAME TO account_name_key")'),
    good("an index's storage", 'op.execute("ALTER INDEX account_name SET (fillfactor = 80)")'),
    good("an index's statistics", 'op.execute("CREATE INDEX i ON ONLY event ((id + 1)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 100")'),
    good("an index of a new table is dropped", """
        op.create_table("draft", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text, index=True))
        op.drop_index("ix_draft_name", "draft")
        """),
    good("a comment on an index", "op.execute(\"COMMENT ON INDEX account_name IS 'for search'\")"),
)  # fmt: skip
