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
