"""A table stays locked while another one is read or built up.

A lock is kept until the transaction ends. A statement that reads a whole table, builds an index or writes rows anew
makes all wait that want to use the tables which the transaction has locked before: for an instant only, as it seemed.

Instead do what takes long in a transaction of its own, before those that take a strong lock, or in a revision of its
own after them.

It does not matter where all these tables have few rows, nor for a new column that is NOT NULL and has no default: the
first row ends that statement.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bulk import bulk
from alembic_ext.lint.modes import STOPS_READS
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import held, title

TABLES = "CREATE TABLE a (x int); CREATE TABLE b (y int)"
ADD = 'op.add_column("a", sa.Column("z", sa.Integer))'


class WorkWhileLocked(Rule):
    """A scan, a build or a rewrite of one table while ACCESS EXCLUSIVE is held on another."""

    id, slug, group = "LT101", "work-while-locked", "transaction"
    sized = True
    examples = (
        Example(f'{ADD}\nop.get_bind().exec_driver_sql("SELECT count(*) FROM b")  # <-', TABLES),
        Example(f'{ADD}\nop.create_index("i", "b", ["y"])  # <-', TABLES, also=("LB101",)),
        Example(
            f'{ADD}\nop.execute("ALTER TABLE b ADD CHECK (y > 0) NOT VALID")\n'
            'op.execute("ALTER TABLE b VALIDATE CONSTRAINT b_y_check")  # <-',
            TABLES,
            also=("locks-gathered", "validated-while-locked"),
        ),
        Example(f'{ADD}\nop.get_bind().exec_driver_sql("SELECT y FROM b LIMIT 1")', TABLES),
        Example(
            f'{ADD}\nop.add_column("b", sa.Column("z", sa.Integer, nullable=False))',
            TABLES,
            also=("column-required", "locks-gathered"),
        ),
        Example(f'op.get_bind().exec_driver_sql("SELECT count(*) FROM b")\n{ADD}', TABLES),
        Example(
            f"with op.get_context().autocommit_block():\n    {ADD}\n"
            '    op.get_bind().exec_driver_sql("SELECT count(*) FROM b")',
            TABLES,
        ),
        Example(
            f"with op.get_context().autocommit_block():\n    op.execute('BEGIN')\n    {ADD}\n"
            "    op.get_bind().exec_driver_sql(\"SELECT count(*) FROM b\")  # <-\n    op.execute('COMMIT')",
            TABLES,
        ),
        Example(f'{ADD}\nop.bulk_insert(sa.table("b", sa.column("y")), [{{"y": 1}}, {{"y": 2}}])', TABLES),
        Example(
            'op.execute("CREATE TABLE c (x int)")\nop.get_bind().exec_driver_sql("SELECT count(*) FROM a")', TABLES
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if bulk(at) or (at.node == "SelectStmt" and "limitCount" in at.tree):
            return
        built = {at.after[oid].as_index.table for oid in at.built}  # type: ignore[union-attr]
        worked = {at.whole(oid) for oid in {*at.scanned, *at.rewritten, *built}}
        for oid, mode in at.holding.items():
            parts = {oid, *at.parts(oid)}
            others = sorted(worked - parts)
            if mode in STOPS_READS and oid in at.before and at.whole(oid) == oid and others:
                doing = "rewritten" if others[0] in at.rewritten else "indexed" if others[0] in built else "read"
                yield Hit(
                    at,
                    held(at, oid, f"while {title(at.old[others[0]])} is {doing}"),
                    "do it in a transaction of its own, before the lock is taken",
                    object=title(at.old[oid]),
                    table=others[0],
                )
                return


RULE = WorkWhileLocked()
