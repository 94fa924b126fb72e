"""A column may be null from now on.

Code that is still deployed does not expect null there, and fails when it reads the first one. PostgreSQL itself is
done in a moment, though under an ACCESS EXCLUSIVE lock. The way back reads every row.

Instead deploy code that can read null first, and code that writes it after the revision.

It does not matter as long as nobody writes null: this is a note.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text NOT NULL, name text)"


class NotNullDropped(Rule):
    """DROP NOT NULL."""

    id, slug, group = "LC107", "not-null-dropped", "compatibility"
    severity = "note"
    aliases = ("ban-drop-not-null",)
    examples = (
        Example('op.alter_column("account", "email", nullable=True)  # <-', TABLE),
        Example('op.alter_column("account", "name", nullable=True)', TABLE),
        Example(
            'op.add_column("account", sa.Column("a", sa.Integer, server_default="0", nullable=False))\n'
            'op.alter_column("account", "a", nullable=True)',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, old, new in at.columns:
            if not (old and new and old.notnull and not new.notnull and at.is_old_column(table.oid, old)):
                continue
            last = at.course.after.get(table.oid)
            if last is None or not any(one.number == new.number and not one.notnull for one in last.columns.values()):
                continue
            explained: list[Effect] = [("lock", one) for one in at.family(table.oid)]
            yield Hit(
                at,
                f"column {new.name} of {title(table)} may be null from now on, which the code that is still deployed "
                "does not expect",
                "deploy code that can read null first, and write null only afterwards",
                object=f"column {table.schema}.{table.name}.{new.name}",
                table=table.oid,
                effects=tuple(explained),
            )


RULE = NotNullDropped()
