"""A column is renamed.

The code that is still deployed asks for the old name, and fails from the moment on at which the migration commits
until the new code runs everywhere. RENAME COLUMN takes an ACCESS EXCLUSIVE lock, for a moment.

Instead leave the column its name, and call the attribute of the model as you like: it may be another than the
column's. If the column has to change, add another, let the code write both, fill it in batches, and drop the old one.

It does not matter for a column that the same revision adds, nor where another takes over the old name.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-RENAME
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.lint.steps import type_of

TABLE = "CREATE TABLE account (id int PRIMARY KEY, mail text)"


class ColumnRenamed(Rule):
    """RENAME COLUMN, however it is said."""

    id, slug, group = "LC102", "column-renamed", "compatibility"
    aliases = ("BC102", "renaming-column")
    examples = (
        Example('op.alter_column("account", "mail", new_column_name="email")  # <-', TABLE),
        Example('op.execute("DO $$BEGIN ALTER TABLE account RENAME mail TO email; END$$")  # <-', TABLE),
        Example(
            'op.execute("ALTER TABLE account RENAME mail TO email")  # <-\n'
            'op.execute("ALTER TABLE account RENAME email TO e_mail")',
            TABLE,
        ),
        Example('op.execute("ALTER VIEW seen RENAME COLUMN a TO b")  # <-', "CREATE VIEW seen AS SELECT 1 AS a"),
        Example(
            'op.add_column("account", sa.Column("a", sa.Text))\n'
            'op.alter_column("account", "a", new_column_name="b")',
            TABLE,
        ),
        Example(
            'op.alter_column("account", "mail", new_column_name="mail_old")\n'
            'op.alter_column("account", "mail_new", new_column_name="mail")',
            "CREATE TABLE account (id int, mail varchar(10), mail_new text)",
        ),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node == "RenameStmt" and at.tree.get("renameType") == "OBJECT_COLUMN" and at.table is not None:
            yield from _of_view(at, at.table)
        for table, old, new in at.columns:
            if old is None or new is None or old.name == new.name or not at.is_old_column(table.oid, old):
                continue
            names = at.old[table.oid].columns
            last = at.course.after.get(table.oid)
            if old.name not in names or (last and old.name in last.columns) or new.name in names:
                continue
            kind = type_of(new.type)
            parts = [old.name, *([kind] if kind else ())]
            model = f"{new.name} = {call('mapped_column', *parts)}" if new.name.isidentifier() else ""
            explained: list[Effect] = [("lock", one) for one in at.family(table.oid)]
            yield Hit(
                at,
                f"column {old.name} of {title(table)} becomes {new.name}, and the code that is still deployed fails",
                f"leave the column its name, and call the attribute of the model {new.name}",
                f"# in the model, without a revision\n{model}" if model else "",
                f"column {table.schema}.{table.name}.{old.name}",
                table.oid,
                tuple(explained),
            )


def _of_view(at: Moment, view: Relation) -> Iterable[Hit]:
    if view.kind in "vm" and view.oid in at.old and not at.did.error:
        old, new = at.tree["subname"], at.tree["newname"]
        yield Hit(
            at,
            f"column {old} of {title(view)} becomes {new}, and the code that is still deployed fails",
            "add a column to the view instead, and drop the old one when no code uses it",
            object=f"column {view.schema}.{view.name}.{old}",
            table=view.oid,
            effects=(("lock", view.oid),),
        )


RULE = ColumnRenamed()
