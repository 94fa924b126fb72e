"""A new table references one that is in use, and writes to that one wait.

The foreign key of a new table is nothing to check, but it is a SHARE ROW EXCLUSIVE lock on the table that it
references: that lock has to be obtained, and INSERT, UPDATE and DELETE there wait until the transaction ends, with all
that the revision does besides.

Instead keep such a revision short and set a lock_timeout; or create the table without the foreign key, and add it NOT
VALID, as the last thing in a revision of its own.

With a lock_timeout in force it is only a note: then it cannot stop others for long.

https://www.postgresql.org/docs/current/sql-createtable.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules.foreign_key_validated import in_two_steps
from alembic_ext.lint.said import lock, title

TABLES = "CREATE TABLE parent (id int PRIMARY KEY)"


class NewTableReferences(Rule):
    """A foreign key from a new table to one that is in use."""

    id, slug, group = "LB123", "new-table-references", "blocking"
    examples = (
        Example(
            'op.create_table("child", sa.Column("a", sa.Integer, sa.ForeignKey("parent.id")),  # <-\n'
            '    sa.Column("b", sa.Integer, sa.ForeignKey("parent.id")))',
            TABLES,
        ),
        Example(
            'op.create_table("child", sa.Column("a", sa.Integer))\n'
            'op.create_foreign_key("fk", "child", "parent", ["a"], ["id"])  # <-',
            TABLES,
        ),
        Example(
            'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
            'op.create_table("child", sa.Column("a", sa.Integer, sa.ForeignKey("fresh.id")))',
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        seen = set[int]()
        for table, key in at.declared or (at.added if at.node == "CreateStmt" else ()):
            parent = at.old.get(key.references)
            if key.type != "f" or at.is_old(table) or parent is None or parent.oid not in at.taken:
                continue
            if parent.oid in seen:
                continue
            seen.add(parent.oid)
            yield Hit(
                at,
                f"{lock(at, parent.oid, 'until the transaction ends')}: the new {title(table)} references it",
                "add the foreign key NOT VALID in a revision of its own, or keep this one short, with a lock_timeout",
                in_two_steps(at, table, key, ("without the foreign key", ["# the table, as it is here"])),
                title(parent),
                parent.oid,
                (("lock", parent.oid),),
                severity="note" if at.did.lock_timeout else None,
            )


RULE = NewTableReferences()
