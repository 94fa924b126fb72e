"""A table or a view is renamed, or moved to another schema.

The code that is still deployed asks for the old name, and fails from the moment on at which the migration commits until
the new code runs everywhere. Both take an ACCESS EXCLUSIVE lock, for a moment.

Instead make a view of the old name in the same revision, through which the old code reads and writes; drop it when no
code uses it any more. Or leave the table its name: the class of the model may have another.

It does not matter for a table that the same revision creates, nor where something else takes over the old name.

https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute, schema_of, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (id int PRIMARY KEY); CREATE SCHEMA app"


class TableRenamed(Rule):
    """ALTER TABLE or VIEW … RENAME TO, SET SCHEMA."""

    id, slug, group = "LC103", "table-renamed", "compatibility"
    aliases = ("BC101", "renaming-table", "ban-set-schema")
    examples = (
        Example('op.rename_table("account", "customer")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account SET SCHEMA app")  # <-', TABLE),
        Example('op.execute("ALTER VIEW seen RENAME TO visible")  # <-', "CREATE VIEW seen AS SELECT 1 AS a"),
        Example(
            'op.rename_table("account", "customer")\n'
            'op.execute("CREATE VIEW account AS SELECT * FROM customer")',
            TABLE,
        ),
        Example(
            'op.rename_table("account", "account_old")\nop.rename_table("account_new", "account")',
            f"{TABLE}; CREATE TABLE account_new (id bigint PRIMARY KEY)",
            also=("locks-gathered", "table-swapped"),
        ),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.rename_table("fresh", "other")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node not in ("RenameStmt", "AlterObjectSchemaStmt", "DoStmt", "CallStmt", "SelectStmt"):
            return
        old = {(one.schema, one.name) for one in at.old.values()}
        last = {(one.schema, one.name) for one in at.course.after.values()}
        for oid, now in at.changed:
            then = at.before.get(oid)
            if oid not in at.old or then is None or now.kind not in "rpvmf":
                continue
            name, new = (then.schema, then.name), (now.schema, now.name)
            if name == new or name not in old or name in last or new in old:
                continue
            explained: list[Effect] = [("lock", one) for one in at.blocking]
            yield Hit(
                at,
                f"{title(then)} becomes {now.schema}.{now.name}, and the code that is still deployed fails",
                "make a view of the old name in the same revision, and drop it when no code uses it",
                "\n".join(
                    [
                        call("op.rename_table", then.name, now.name, schema=schema_of(then))
                        if then.schema == now.schema and now.kind in "rp" else execute(at.did.sql),
                        execute(f"CREATE VIEW {spelled(then)} AS SELECT * FROM {spelled(now)}"),
                    ]
                ),
                title(then),
                oid,
                tuple(explained),
            )  # fmt: skip


RULE = TableRenamed()
