"""Timeouts, transactions and what is done in one revision."""

from tests.lint.cases import bad, good

CASES = (
    bad("no lock_timeout", """
        op.execute("SET lock_timeout = 0")
        op.add_column("post", sa.Column("kind", sa.Text))
        """, "unbounded post"),
    bad("a lock_timeout is reset", """
        op.execute("RESET lock_timeout")
        op.execute("ALTER TABLE post ADD COLUMN kind text")
        """, "unbounded post"),
    bad("a lock_timeout after the lock", """
        op.execute("SET lock_timeout = 0")
        op.add_column("post", sa.Column("kind", sa.Text))
        op.execute("SET lock_timeout = '5s'")
        """, "unbounded post"),
    bad("a local lock_timeout before a commit", """
        op.execute("SET lock_timeout = 0")
        with op.get_context().autocommit_block():
            op.execute("SET LOCAL lock_timeout = '2s'")
            op.add_column("post", sa.Column("kind", sa.Text))
        """, "unbounded post"),
    bad("no lock_timeout for a trigger", """
        op.execute("SET LOCAL lock_timeout = '0'")
        op.execute("CREATE TRIGGER t BEFORE UPDATE ON post FOR EACH ROW EXECUTE FUNCTION touch()")
        """, "unbounded post"),
    bad("no lock_timeout in one string", """
        op.execute("SET lock_timeout TO DEFAULT; ALTER TABLE post ADD COLUMN kind text;")
        """, "unbounded post"),
    bad("no lock_timeout for a new foreign key", """
        op.execute("SET lock_timeout = 0")
        op.execute("ALTER TABLE post ADD FOREIGN KEY (account_id) REFERENCES account NOT VALID")
        """, "unbounded post, unbounded account"),
    bad("a commit in a revision", """
        op.add_column("post", sa.Column("kind", sa.Text))
        op.execute("COMMIT")
        op.add_column("post", sa.Column("sort", sa.Text))
        """, "", "transaction"),
    bad("a commit and a beginning in a revision", """
        op.execute("COMMIT")
        op.execute("CREATE INDEX CONCURRENTLY post_slug ON post (slug)")
        op.execute("BEGIN")
        """, "error", "transaction"),
    bad("an autocommit block after other changes", """
        op.add_column("post", sa.Column("kind", sa.Text))
        op.add_column("account", sa.Column("kind", sa.Text))
        with op.get_context().autocommit_block():
            op.create_index("post_kind", "post", ["kind"], postgresql_concurrently=True)
        op.add_column("tenant", sa.Column("kind", sa.Text))
        """, "", "transaction"),
    bad("a revision that fails", 'op.execute("ALTER TABLE nowhere ADD COLUMN kind text")', "error", "transaction"),
    bad("a revision that fails in Python", 'raise RuntimeError("not written yet")', "error", "transaction"),
    good("a lock_timeout", """
        op.execute("SET lock_timeout = 0")
        op.execute("SET LOCAL lock_timeout = '2s'")
        op.add_column("post", sa.Column("kind", sa.Text))
        """),
    good("a lock_timeout by a function", """
        op.execute("SET lock_timeout = 0")
        op.execute("SELECT set_config('lock_timeout', '2s', true)")
        op.add_column("post", sa.Column("kind", sa.Text))
        """),
    good("no lock_timeout for a new table", """
        op.execute("SET lock_timeout = 0")
        op.create_table("a", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer))
        op.create_index("a_n", "a", ["n"])
        """),
    good("no lock_timeout for a comment", """
        op.execute("SET lock_timeout = 0")
        op.create_table_comment("account", "of people")
        """),
    good("no lock_timeout for a row", """
        op.execute("SET lock_timeout = 0")
        op.execute("INSERT INTO tenant (id, name) VALUES (9, 'n')")
        """),
    good("a lock_timeout in one string", """
        op.execute("SET LOCAL lock_timeout = '2s'; ALTER TABLE post ADD COLUMN kind text;")
        """),
    good("a column, a default and a comment", """
        op.add_column("post", sa.Column("kind", sa.Text, server_default="note", nullable=False))
        op.alter_column("post", "kind", comment="of text", existing_type=sa.Text())
        """),
    good("several columns of one table", """
        op.add_column("post", sa.Column("a", sa.Text))
        op.add_column("post", sa.Column("b", sa.Integer, server_default="0"))
        op.add_column("post", sa.Column("c", sa.Boolean))
        """),
)  # fmt: skip
