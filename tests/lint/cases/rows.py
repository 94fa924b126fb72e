"""Revisions that change rows."""

from tests.lint.cases import bad, good

CASES = (
    bad("all rows are updated", "op.execute(\"UPDATE account SET state = 'old'\")", "", "transaction"),
    bad("all rows are updated by SQLAlchemy", """
        account = sa.table("account", sa.column("state", sa.Text))
        op.execute(account.update().values(state="old"))
        """, "", "transaction"),
    bad("all rows are updated by the connection", """
        op.get_bind().execute(sa.text("UPDATE post SET views = :views"), {"views": 3})
        """, "", "transaction"),
    bad("all rows are updated in a DO block", "op.execute('DO $$BEGIN UPDATE post SET views = 3; END$$')", "", "transaction"),
    bad("all rows are deleted", 'op.execute("DELETE FROM post")', "", "data loss"),
    bad("all rows are deleted by the connection", 'op.get_bind().execute(sa.delete(sa.table("post")))', "", "data loss"),
    bad("all rows are deleted that are", 'op.execute("DELETE FROM post WHERE true")', "", "data loss"),
    bad("a column is filled where it was made", """
        op.add_column("post", sa.Column("kind", sa.Text))
        op.execute("UPDATE post SET kind = 'note'")
        """, "scan post", "transaction"),
    bad("a column is filled from another table where it was made", """
        op.add_column("post", sa.Column("email", sa.Text))
        op.execute("UPDATE post SET email = a.email FROM account a WHERE a.id = post.account_id")
        """, "scan post, held post"),
    bad("a table is changed while another is locked", """
        op.add_column("account", sa.Column("posts", sa.Integer))
        op.execute("DELETE FROM post WHERE published < now() - interval '1 year'")
        """, "held account"),
    bad("an index is built while another table is locked", """
        op.add_column("account", sa.Column("posts", sa.Integer))
        op.create_index("post_slug", "post", ["slug"])
        """, "held account, build post"),
    bad("a check is proved while another table is locked", """
        op.add_column("account", sa.Column("posts", sa.Integer))
        op.execute("ALTER TABLE post VALIDATE CONSTRAINT v")
        """, "held account", setup="ALTER TABLE post ADD CONSTRAINT v CHECK (views >= 0) NOT VALID;"),
    bad("rows are copied into a new table", """
        op.execute("CREATE TABLE archive (LIKE post)")
        op.execute("INSERT INTO archive SELECT * FROM post")
        """, "", "transaction"),
    bad("rows are read and written one by one under a lock", """
        op.add_column("post", sa.Column("size", sa.Integer))
        bind = op.get_bind()
        for id, body in bind.execute(sa.text("SELECT id, body FROM post")).all():
            bind.execute(sa.text("UPDATE post SET size = :size WHERE id = :id"), {"size": len(body or ""), "id": id})
        """, "scan post"),
    bad("rows with nothing in a column are updated", """
        account = sa.table("account", sa.column("nick", sa.Text))
        op.get_bind().execute(account.update().where(account.c.nick.is_(None)).values(nick=""))
        """, "", "transaction"),
    bad("rows of one of two kinds are updated", "op.execute(\"UPDATE account SET nick = 'x' WHERE active\")", "", "transaction"),
    bad("a value becomes another", "op.execute(\"UPDATE account SET state = 'fresh' WHERE state = 'new'\")", "", "transaction"),
    bad("rows without one in another table are deleted", """
        op.execute("DELETE FROM post WHERE account_id NOT IN (SELECT id FROM account)")
        """, "", "transaction"),
    bad("rows are updated from another table", """
        op.execute("UPDATE post SET body = a.name FROM account a WHERE a.id = post.account_id")
        """, "", "transaction"),
    bad("rows are copied into an old table", """
        op.execute("INSERT INTO tenant (id, name) SELECT id + 1000, title FROM post")
        """, "", "transaction"),
    bad("rows are updated one by one in Python", """
        bind = op.get_bind()
        found = bind.execute(sa.text("SELECT id, title FROM post"))
        for id, title in found.fetchall():
            bind.execute(sa.text("UPDATE post SET slug = :slug WHERE id = :id"), {"slug": title.lower(), "id": id})
        """, "", "transaction"),
    bad("rows are updated one by one by a session", """
        from sqlalchemy.orm import Session, declarative_base

        class Post(declarative_base()):
            __tablename__ = "post"
            id = sa.Column(sa.BigInteger, primary_key=True)
            slug = sa.Column(sa.Text)

        session = Session(op.get_bind())
        for post in session.query(Post):
            post.slug = "s"
        session.commit()
        """, "", "transaction"),
    bad("rows are updated one by one in a DO block", """
        op.execute('''
            DO $$
            DECLARE one post;
            BEGIN
                FOR one IN SELECT * FROM post LOOP
                    UPDATE post SET slug = lower(one.title) WHERE id = one.id;
                END LOOP;
            END $$
        ''')
        """, "", "transaction"),
    good("rows are updated in a DO block that commits", """
        with op.get_context().autocommit_block():
            op.execute('''
                DO $$
                BEGIN
                    LOOP
                        UPDATE post SET slug = 's' WHERE id IN (SELECT id FROM post WHERE slug IS NULL LIMIT 1000);
                        EXIT WHEN NOT FOUND;
                        COMMIT;
                    END LOOP;
                END $$
            ''')
        """),
    good("a row is updated", "op.execute(\"UPDATE account SET state = 'old' WHERE id = 1\")"),
    good("a row is updated by SQLAlchemy", """
        account = sa.table("account", sa.column("state", sa.Text), sa.column("id", sa.BigInteger))
        op.execute(account.update().where(account.c.id == 1).values(state="old"))
        """),
    good("a row is deleted", 'op.execute("DELETE FROM post WHERE id = 7")'),
    good("a row comes", "op.execute(\"INSERT INTO tenant (id, name) VALUES (9, 'n')\")"),
    good("a row comes if it is not there", """
        op.get_bind().execute(
            sa.text("INSERT INTO tenant (id, name) VALUES (:id, :name) ON CONFLICT (id) DO NOTHING"), {"id": 9, "name": "n"}
        )
        """),
    good("rows come by Alembic", """
        tenant = sa.table("tenant", sa.column("id", sa.BigInteger), sa.column("name", sa.Text))
        op.bulk_insert(tenant, [{"id": 8, "name": "a"}, {"id": 9, "name": "b"}])
        """),
    good("a row is read", 'op.get_bind().execute(sa.text("SELECT name FROM tenant WHERE id = 1")).first()'),
    good("the catalog is read", """
        if "kind" not in [column["name"] for column in sa.inspect(op.get_bind()).get_columns("post")]:
            op.add_column("post", sa.Column("kind", sa.Text))
        """),
    good("the rows of a new table are updated", """
        op.execute("CREATE TABLE step (id bigint PRIMARY KEY, n int)")
        op.execute("INSERT INTO step VALUES (1, 1), (2, 2)")
        op.execute("UPDATE step SET n = 0")
        """),
    good("the rows of a new table are deleted", """
        op.execute("CREATE TABLE step (id bigint PRIMARY KEY, n int)")
        op.execute("DELETE FROM step")
        """),
    good("a right of the connection", 'op.execute("SELECT set_config(\'app.user\', \'migration\', true)")'),
)  # fmt: skip
