"""A table is read from end to end while writes to it wait.

The statement reads every row of the table, to check or to copy it, and the transaction holds a lock on the table that
writes wait for, or even reads: taken by the statement itself, or by one before it. They wait until all is read and the
transaction is over.

Instead read without the lock: check constraints with NOT VALID and VALIDATE in two transactions, and do what reads or
changes rows before or after the transaction that alters the table.

It does not matter for a table with few rows. The server told of the scan; other rules have better words for the cases
that they know.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import lock, title

TABLE = "CREATE TABLE t (a int)"


class TableScanned(Rule):
    """Any scan under a lock that no other rule explains."""

    id, slug, group = "LB002", "table-scanned", "blocking"
    severity = "error"
    general = sized = True
    examples = (
        Example('op.execute("DO $$BEGIN LOCK TABLE t; PERFORM count(*) FROM t; END$$")  # <-', TABLE),
        Example(
            'op.execute("DO $$BEGIN LOCK TABLE t; PERFORM count(*) FROM t; END$$")  # <-',
            "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); "
            "CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)",
        ),
        Example(
            'op.execute("DO $$BEGIN ALTER TABLE t ALTER a SET NOT NULL; END$$")',
            "CREATE TABLE t (a int CHECK (a IS NOT NULL))",
        ),
        Example(
            'op.add_column("t", sa.Column("b", sa.Integer))\n'
            'op.get_bind().exec_driver_sql("SELECT count(*) FROM t")  # <-',
            TABLE,
        ),
        Example(
            'op.add_column("t", sa.Column("b", sa.Integer))\nop.get_bind().exec_driver_sql("SELECT 1 FROM t LIMIT 1")',
            TABLE,
        ),
        Example('op.get_bind().exec_driver_sql("SELECT count(*) FROM t")', TABLE),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.execute("ALTER TABLE fresh ALTER a SET NOT NULL")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node == "SelectStmt" and "limitCount" in at.tree:
            return
        built = {at.after[oid].as_index.table for oid in at.built}  # type: ignore[union-attr]
        found: dict[Oid, list[Oid]] = {}
        for oid in sorted(at.scanned - at.rewritten - built):
            if at.stopped(oid):
                found.setdefault(at.whole(oid), []).append(oid)
        for oid, parts in found.items():
            yield Hit(
                at,
                lock(at, oid, "while every row is read"),
                "read the table in a transaction that does not lock it",
                object=title(at.old[oid]),
                table=oid,
                effects=tuple(("scan", part) for part in parts),
            )


RULE = TableScanned()
