"""A change of a table locks each of its partitions.

What is done to a partitioned table, or to one from which others inherit, is done to all below it, and takes an ACCESS
EXCLUSIVE lock on each of them, one after the other. The locks that it has are kept while it waits for the next one, so
a single long query on one partition stops them all.

Instead set a short ``lock_timeout`` and try again when it is reached; where the command knows ONLY, change the table
first and one partition after the other in transactions of their own.

It does not matter where the partitions are few and no query runs for long.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.modes import STOPS_READS
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import lock, title

TABLES = (
    "CREATE TABLE p (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN (1); "
    "CREATE TABLE two PARTITION OF p FOR VALUES IN (2)"
)
PARTITION = frozenset({"AT_AttachPartition", "AT_DetachPartition"})


class AllPartitionsLocked(Rule):
    """ALTER TABLE of a table with several partitions or children, which locks them all."""

    id, slug, group = "LB304", "all-partitions-locked", "blocking"
    severity = "note"
    examples = (
        Example('op.add_column("p", sa.Column("b", sa.Integer))  # <-', TABLES),
        Example('op.execute("ALTER TABLE p ALTER a SET DEFAULT 1")  # <-', TABLES),
        Example('op.add_column("p", sa.Column("b", sa.Integer))', "CREATE TABLE p (a int)"),
        Example('op.execute("ALTER TABLE ONLY p ALTER a SET DEFAULT 1")', TABLES),
        Example("op.execute(\"COMMENT ON TABLE p IS 'x'\")", TABLES),
        Example(
            'op.add_column("p", sa.Column("b", sa.Integer))  # <-',
            "CREATE TABLE p (); CREATE TABLE c () INHERITS (p); CREATE TABLE d () INHERITS (c)",
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node not in ("AlterTableStmt", "RenameStmt") or at.table is None or not at.is_old(at.table):
            return
        if {kind for kind, _ in at.commands} & PARTITION or at.table.oid in at.rewritten:
            return
        parts = [
            oid for oid in at.parts(at.table.oid) if at.taken.get(oid) in STOPS_READS and at.old[oid].kind in "rpf"
        ]
        if len(parts) > 1 and at.taken.get(at.table.oid) in STOPS_READS and not {at.table.oid, *parts} & at.scanned:
            sort = "partitions" if at.table.kind == "p" else "children"
            yield Hit(
                at,
                f"{lock(at, at.table.oid)}, and the same on each of its {len(parts)} {sort}",
                "set a short lock_timeout, and try again when it is reached",
                object=title(at.table),
                table=at.table.oid,
            )


RULE = AllPartitionsLocked()
