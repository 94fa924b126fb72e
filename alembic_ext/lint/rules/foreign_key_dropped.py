"""Dropping a foreign key locks two tables.

DROP CONSTRAINT takes an ACCESS EXCLUSIVE lock on the table, and another one on the table that was referenced: reads and
writes of both wait, for an instant once the locks are obtained, and until the transaction ends.

Instead drop it in a revision of its own, with a lock_timeout, so that one table is not kept locked while the lock on
the other is waited for.

With a lock_timeout in force it is only a note: then it cannot stop others for long, and what else the revision does
while it holds the locks is judged by itself. It does not matter for tables that the same revision creates.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute, schema_of
from alembic_ext.lint.modes import stops, words
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.rules.constraint_dropped import dropped
from alembic_ext.lint.said import lock, title

TABLES = """CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE child (parent_id int CONSTRAINT fk REFERENCES parent, CHECK (parent_id > 0))"""


class ForeignKeyDropped(Rule):
    """DROP CONSTRAINT of a foreign key."""

    id, slug, group = "LB132", "foreign-key-dropped", "blocking"
    aliases = ("CD101",)
    examples = (
        Example('op.drop_constraint("fk", "child")  # <-', TABLES),
        Example('op.execute("ALTER TABLE child DROP CONSTRAINT own")  # <-',
                "CREATE TABLE child (id int PRIMARY KEY, above int CONSTRAINT own REFERENCES child)"),
        Example(
            'op.drop_constraint("fk", "child")  # <-\n'
            "op.create_foreign_key('fk', 'child', 'parent', ['parent_id'], ['id'], postgresql_not_valid=True)",
            TABLES, also=("never-validated",),
        ),
        Example('op.drop_constraint("child_parent_id_check", "child")', TABLES, also=("constraint-dropped",)),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, key in dropped(at):
            if key.type != "f":
                continue
            parent = at.old.get(key.references)
            there: list[Effect] = []
            message = lock(at, table.oid)
            if parent and parent.oid != table.oid:
                there = [("lock", parent.oid)]
                mode = at.lock_on(table.oid)
                message = f"{words(mode)} locks on {title(table)} and {title(parent)}, which stop {stops(mode)}"
            yield Hit(
                at,
                f"{message} until the transaction ends",
                "drop it in a revision of its own, with a lock_timeout",
                "" if there else "\n".join([
                    execute("SET LOCAL lock_timeout = '5s'"),
                    call("op.drop_constraint", key.name, table.name, type_="foreignkey", schema=schema_of(table)),
                ]),
                title(table),
                table.oid,
                (("lock", table.oid), *there),
                severity="note" if at.did.lock_timeout else None,
            )  # fmt: skip


RULE = ForeignKeyDropped()
