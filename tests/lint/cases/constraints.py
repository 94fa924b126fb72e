"""Constraints."""

from tests.lint.cases import bad, good

FK = "ALTER TABLE post ADD CONSTRAINT post_account FOREIGN KEY (account_id) REFERENCES account NOT VALID;"
CHECK = "ALTER TABLE post ADD CONSTRAINT post_views CHECK (views >= 0) NOT VALID;"
PROOF = "ALTER TABLE post ADD CONSTRAINT post_body CHECK (body IS NOT NULL);"
DOMAIN_USED = "ALTER TABLE post ADD COLUMN rank positive;"

CASES = (
    bad("a foreign key", 'op.create_foreign_key("post_account", "post", "account", ["account_id"], ["id"])',
        "scan post, scan account, lock ShareRowExclusive account"),
    bad("a foreign key as SQL", 'op.execute("ALTER TABLE post ADD FOREIGN KEY (account_id) REFERENCES account (id)")',
        "scan post, scan account, lock ShareRowExclusive account"),
    bad("a foreign key in a batch", """
        with op.batch_alter_table("post") as batch:
            batch.create_foreign_key("post_account", "account", ["account_id"], ["id"], ondelete="CASCADE")
        """, "scan post, scan account, lock ShareRowExclusive account"),
    bad("a foreign key to itself", """
        op.add_column("post", sa.Column("parent_id", sa.BigInteger))
        op.create_foreign_key("post_parent", "post", "post", ["parent_id"], ["id"])
        """, "scan post"),
    bad("a foreign key in a DO block", """
        op.execute('''DO $$ BEGIN
            ALTER TABLE post ADD CONSTRAINT pa FOREIGN KEY (account_id) REFERENCES account;
        EXCEPTION WHEN duplicate_object THEN NULL; END $$''')
        """, "scan post, scan account"),
    bad("a foreign key that is deferred", """
        op.create_foreign_key("pa", "post", "account", ["account_id"], ["id"], deferrable=True, initially="DEFERRED")
        """, "scan post, scan account"),
    bad("a foreign key with a default", """
        op.add_column("post", sa.Column("tenant_id", sa.BigInteger, sa.ForeignKey("tenant.id"), server_default="1"))
        """, "scan post, scan tenant, held post, lock ShareRowExclusive tenant"),
    bad("a foreign key in a column", 'op.add_column("post", sa.Column("tenant_id", sa.BigInteger, sa.ForeignKey("tenant.id")))',
        "scan post, lock ShareRowExclusive tenant"),
    bad("a foreign key in a column as SQL", 'op.execute("ALTER TABLE post ADD COLUMN tenant_id bigint REFERENCES tenant")',
        "lock ShareRowExclusive tenant"),
    bad("a new table with a foreign key", """
        op.create_table(
            "vote",
            sa.Column("id", sa.BigInteger, primary_key=True),
            sa.Column("account_id", sa.BigInteger, sa.ForeignKey("account.id"), nullable=False),
        )
        """, "lock ShareRowExclusive account"),
    bad("a new table with a foreign key as SQL", """
        op.execute("CREATE TABLE vote (id bigint PRIMARY KEY, post_id bigint NOT NULL REFERENCES post ON DELETE CASCADE)")
        """, "lock ShareRowExclusive post"),
    bad("a foreign key is proved where it was made", """
        op.create_foreign_key("pa", "post", "account", ["account_id"], ["id"], postgresql_not_valid=True)
        op.execute("ALTER TABLE post VALIDATE CONSTRAINT pa")
        """, "scan post, scan account, held post, held account"),
    bad("a foreign key is proved in one string", """
        op.execute(\"\"\"
            ALTER TABLE post ADD CONSTRAINT pa FOREIGN KEY (account_id) REFERENCES account NOT VALID;
            ALTER TABLE post VALIDATE CONSTRAINT pa;
        \"\"\")
        """, "scan post, scan account"),
    bad("a check", 'op.create_check_constraint("post_views", "post", "views >= 0")', "scan post"),
    bad("a check as SQL", "op.execute(\"ALTER TABLE post ADD CHECK (title <> '')\")", "scan post"),
    bad("a check from a helper", """
        def check(table, name, text):
            op.get_bind().execute(sa.text(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({text})"))

        check("post", "post_views", "views >= 0")
        """, "scan post"),
    bad("a check in a batch", """
        with op.batch_alter_table("post") as batch:
            batch.create_check_constraint("post_views", sa.column("views") >= 0)
        """, "scan post"),
    bad("a check on a partitioned table", 'op.create_check_constraint("k", "event", "kind IS NOT NULL")', "scan event_2024"),
    bad("a check in a new column", "op.execute(\"ALTER TABLE post ADD COLUMN stars integer CHECK (stars BETWEEN 1 AND 5)\")",
        "scan post"),
    bad("a check in a new column of Alembic", """
        op.execute("ALTER TABLE post ADD COLUMN stars integer")
        op.create_check_constraint("post_stars", "post", "stars < 6")
        """, "scan post"),
    bad("a check is proved where it was made", """
        op.create_check_constraint("post_views", "post", "views >= 0", postgresql_not_valid=True)
        op.execute("ALTER TABLE post VALIDATE CONSTRAINT post_views")
        """, "scan post"),
    bad("a check is made anew", """
        op.drop_constraint("account_age_check", "account", type_="check")
        op.create_check_constraint("account_age_check", "account", "age >= 1")
        """, "scan account"),
    bad("a check of an enum without a type", """
        op.add_column("post", sa.Column("tone", sa.Text))
        op.create_check_constraint("post_tone", "post", sa.column("tone").in_(["low", "high"]))
        """, "scan post"),
    bad("a unique constraint", 'op.create_unique_constraint("post_title", "post", ["id", "title"])', "build post"),
    bad("a unique constraint as SQL", 'op.execute("ALTER TABLE post ADD UNIQUE (id, slug)")', "build post"),
    bad("a unique constraint in a batch", """
        with op.batch_alter_table("post") as batch:
            batch.create_unique_constraint("post_slug", ["slug"])
        """, "build post"),
    bad("a unique constraint in a column", 'op.add_column("post", sa.Column("key", sa.Text, unique=True))', "build post"),
    bad("a unique constraint in a column as SQL", 'op.execute("ALTER TABLE post ADD COLUMN key text UNIQUE")', "build post"),
    bad("a unique constraint by the connection", """
        connection = op.get_bind()
        connection.execute(sa.text("ALTER TABLE account ADD CONSTRAINT au UNIQUE (tenant_id, email)"))
        """, "build account"),
    bad("a unique constraint on duplicates", 'op.create_unique_constraint("u", "post", ["account_id"])', "error", "rows"),
    bad("a primary key", 'op.create_primary_key("log_pkey", "log", ["id"])', "build log", setup="CREATE TABLE log (id bigint NOT NULL);"),
    bad("a primary key as SQL", 'op.execute("ALTER TABLE log ADD PRIMARY KEY (id)")', "build log",
        setup="CREATE TABLE log (id bigint);"),
    bad("a primary key is changed", """
        op.drop_constraint("post_pkey", "post", type_="primary")
        op.create_primary_key("post_pkey", "post", ["id", "account_id"])
        """, "build post"),
    bad("a primary key of an index on nullable columns", """
        op.execute("ALTER TABLE log ADD CONSTRAINT log_pkey PRIMARY KEY USING INDEX log_id")
        """, "scan log", setup="CREATE TABLE log (id bigint); CREATE UNIQUE INDEX log_id ON log (id);"),
    bad("an exclusion constraint", """
        op.execute("ALTER TABLE account ADD CONSTRAINT e EXCLUDE USING btree (id WITH =)")
        """, "build account"),
    bad("an exclusion constraint of Alembic", """
        op.create_exclude_constraint("e", "stay", ("during", "&&"), using="gist")
        """, "build stay", setup="CREATE TABLE stay (room int, during tsrange);"),
    bad("a foreign key is dropped", 'op.drop_constraint("account_tenant_fk", "account", type_="foreignkey")',
        "lock AccessExclusive tenant"),
    bad("a foreign key is dropped as SQL", 'op.execute("ALTER TABLE account DROP CONSTRAINT account_tenant_fk")',
        "lock AccessExclusive tenant"),
    bad("a unique constraint is dropped", 'op.drop_constraint("account_email_key", "account", type_="unique")',
        "lock AccessExclusive account", "compatibility"),
    bad("a primary key is dropped", 'op.drop_constraint("post_pkey", "post")', "lock AccessExclusive post", "compatibility"),
    bad("NOT NULL", 'op.alter_column("post", "body", nullable=False)', "scan post"),
    bad("NOT NULL as SQL", 'op.execute("ALTER TABLE post ALTER COLUMN body SET NOT NULL")', "scan post"),
    bad("NOT NULL in a batch", """
        with op.batch_alter_table("post", schema=None) as batch_op:
            batch_op.alter_column("body", existing_type=sa.TEXT(), nullable=False)
        """, "scan post"),
    bad("NOT NULL on rows without", 'op.alter_column("post", "body", existing_type=sa.Text(), nullable=False)', "error", "rows",
        rows="UPDATE post SET body = NULL;"),
    bad("NOT NULL with a check that is not proved", 'op.alter_column("post", "body", nullable=False)', "scan post",
        setup="ALTER TABLE post ADD CONSTRAINT b CHECK (body IS NOT NULL) NOT VALID;"),
    bad("NOT NULL with a check of something else", 'op.alter_column("post", "body", nullable=False)', "scan post",
        setup="ALTER TABLE post ADD CONSTRAINT b CHECK (body <> '');"),
    bad("NOT NULL after a check proved in the same transaction", """
        op.create_check_constraint("b", "post", "body IS NOT NULL", postgresql_not_valid=True)
        op.execute("ALTER TABLE post VALIDATE CONSTRAINT b")
        op.alter_column("post", "body", nullable=False)
        op.drop_constraint("b", "post")
        """, "scan post"),
    bad("NOT NULL after a backfill", """
        op.execute("UPDATE post SET body = '' WHERE body IS NULL")
        op.alter_column("post", "body", nullable=False)
        """, "scan post"),
    bad("NOT NULL in a DO block", "op.execute('DO $$ BEGIN ALTER TABLE post ALTER slug SET NOT NULL; END $$')", "scan post"),
    bad("NOT NULL on a partitioned table", 'op.alter_column("event", "kind", nullable=False)', "scan event_2024"),
    bad("a check is added to a domain in use", "op.execute('ALTER DOMAIN positive ADD CHECK (VALUE < 100)')", "scan post",
        setup=DOMAIN_USED),
    bad("a domain in use is made NOT NULL", "op.execute('ALTER DOMAIN positive SET NOT NULL')", "scan post", setup=DOMAIN_USED,
        rows="UPDATE post SET rank = 1;"),
    bad("a check of a domain is proved", "op.execute('ALTER DOMAIN positive VALIDATE CONSTRAINT few')", "scan post",
        setup=DOMAIN_USED + "ALTER DOMAIN positive ADD CONSTRAINT few CHECK (VALUE < 100) NOT VALID;"),
    bad("a foreign key of a partitioned table", """
        op.execute("ALTER TABLE event ADD CONSTRAINT ef FOREIGN KEY (id) REFERENCES account")
        """, "scan event_2024", rows="DELETE FROM event;"),
    bad("several constraints in one statement", """
        op.execute("ALTER TABLE post ADD CONSTRAINT a CHECK (views > -1), ADD CONSTRAINT b UNIQUE (id, slug)")
        """, "build post"),
    good("a foreign key that is not proved", """
        op.create_foreign_key("pa", "post", "account", ["account_id"], ["id"], postgresql_not_valid=True)
        """),
    good("a foreign key that is not proved as SQL", f"op.execute({FK!r})"),
    good("a foreign key is proved", 'op.execute("ALTER TABLE post VALIDATE CONSTRAINT post_account")', setup=FK),
    good("a foreign key is made and proved in transactions of their own", """
        with op.get_context().autocommit_block():
            op.create_foreign_key("pa", "post", "account", ["account_id"], ["id"], postgresql_not_valid=True)
            op.execute("ALTER TABLE post VALIDATE CONSTRAINT pa")
        """),
    good("a foreign key between new tables", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True))
        op.create_table("b", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("a_id", sa.BigInteger, sa.ForeignKey("a.id")))
        """),
    good("a foreign key between new tables later", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True))
        op.create_table("b", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("a_id", sa.BigInteger))
        op.create_foreign_key("ba", "b", "a", ["a_id"], ["id"])
        """),
    good("a check that is not proved", """
        op.create_check_constraint("post_views", "post", "views >= 0", postgresql_not_valid=True)
        """),
    good("a check that is not proved in a batch", """
        with op.batch_alter_table("post") as batch:
            batch.create_check_constraint("post_views", "views >= 0", postgresql_not_valid=True)
        """),
    good("a check is proved", 'op.execute("ALTER TABLE post VALIDATE CONSTRAINT post_views")', setup=CHECK),
    good("a check is proved by the connection", """
        bind = op.get_bind()
        bind.execute(sa.text("ALTER TABLE post VALIDATE CONSTRAINT post_views"))
        """, setup=CHECK),
    good("a check on a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer))
        op.create_check_constraint("a_n", "a", "n > 0")
        """),
    good("a check in a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer), sa.CheckConstraint("n > 0"))
        """),
    good("a unique constraint in a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer, unique=True))
        """),
    good("a unique constraint on a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer))
        op.create_unique_constraint("a_n", "a", ["n"])
        """),
    good("a unique constraint of an index", """
        op.execute("ALTER TABLE post ADD CONSTRAINT post_title UNIQUE USING INDEX post_title_key")
        """, setup="CREATE UNIQUE INDEX post_title_key ON post (id, title);"),
    good("a unique constraint of a concurrent index", """
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.create_index("post_key", "post", ["id", "slug"], unique=True, postgresql_concurrently=True)
            op.execute("RESET lock_timeout; SET lock_timeout = '3s'")
        op.execute("ALTER TABLE post ADD CONSTRAINT post_key UNIQUE USING INDEX post_key")
        """),
    good("a primary key of an index", """
        op.execute("ALTER TABLE log ADD CONSTRAINT log_pkey PRIMARY KEY USING INDEX log_id")
        """, setup="CREATE TABLE log (id bigint NOT NULL); CREATE UNIQUE INDEX log_id ON log (id);"),
    good("NOT NULL that a check proves", 'op.alter_column("post", "body", nullable=False)', setup=PROOF),
    bad("NOT NULL that a check would prove that goes in the same statement", """
        op.execute("ALTER TABLE post ALTER COLUMN body SET NOT NULL, DROP CONSTRAINT post_body")
        """, "scan post", setup=PROOF),
    good("NOT NULL that a check proves that goes afterwards", """
        op.execute("ALTER TABLE post ALTER COLUMN body SET NOT NULL")
        op.execute("ALTER TABLE post DROP CONSTRAINT post_body")
        """, setup=PROOF),
    good("NOT NULL that a larger check proves", 'op.alter_column("post", "body", nullable=False)',
         setup="ALTER TABLE post ADD CONSTRAINT post_body CHECK (body IS NOT NULL AND length(body) < 9);"),
    good("NOT NULL that was so", 'op.alter_column("post", "title", nullable=False)'),
    good("NOT NULL in a new table", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer))
        op.alter_column("a", "n", nullable=False)
        """),
    bad("a check that is not proved refuses the NULL of a new column", """
        op.add_column("post", sa.Column("lang", sa.Text))
        op.execute("ALTER TABLE post ADD CONSTRAINT pl CHECK (lang IS NOT NULL) NOT VALID")
        """, "lock AccessExclusive post", "compatibility"),
    good("a check that is not proved refuses the NULL of an old column",
        'op.execute("ALTER TABLE post ADD CONSTRAINT pl CHECK (body IS NOT NULL) NOT VALID")'),
    good("NOT NULL that is not proved", 'op.execute("ALTER TABLE post ADD CONSTRAINT nn NOT NULL body NOT VALID")', oldest=18),
    good("NOT NULL is proved", 'op.execute("ALTER TABLE post VALIDATE CONSTRAINT nn")', oldest=18,
         setup="ALTER TABLE post ADD CONSTRAINT nn NOT NULL body NOT VALID;"),
    good("a check of a domain that is not proved", "op.execute('ALTER DOMAIN positive ADD CHECK (VALUE < 100) NOT VALID')",
         setup=DOMAIN_USED),
    good("a check of a domain that nothing uses", "op.execute('ALTER DOMAIN positive ADD CONSTRAINT few CHECK (VALUE < 100)')"),
    good("a constraint is renamed", 'op.execute("ALTER TABLE account RENAME CONSTRAINT account_age_check TO age_is_known")'),
    good("a comment on a constraint", "op.execute(\"COMMENT ON CONSTRAINT account_age_check ON account IS 'no one is unborn'\")"),
    good("a constraint of a new table is dropped", """
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer),
                        sa.UniqueConstraint("n", name="u"))
        op.drop_constraint("u", "a")
        """),
)  # fmt: skip
