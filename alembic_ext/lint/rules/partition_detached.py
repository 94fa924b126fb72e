"""A partition is detached while nobody can use the table.

DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the partitioned table and on the partition: it waits for all who use
any of the partitions, and all others wait behind it.

Instead say CONCURRENTLY, which lets others read and write all the time. That cannot run in a transaction: Alembic's
``autocommit_block`` is the place for it, in a revision of its own.

It does not matter for a table that the same revision creates. Where there is a default partition CONCURRENTLY is not
possible, and nothing is said.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._partition import default_of
from alembic_ext.lint.said import lock, title

TABLES = "CREATE TABLE p (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN (1); "
DETACH = 'op.execute("ALTER TABLE p DETACH PARTITION one")'


class PartitionDetached(Rule):
    """DETACH PARTITION where CONCURRENTLY would do."""

    id, slug, group = "LB303", "partition-detached", "blocking"
    aliases = ("require-concurrent-partition-detach",)
    examples = (
        Example(f"{DETACH}  # <-", TABLES),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("ALTER TABLE p DETACH PARTITION one CONCURRENTLY")',
            TABLES,
        ),
        Example(DETACH, f"{TABLES} CREATE TABLE rest PARTITION OF p DEFAULT"),
        Example(
            'op.execute("CREATE TABLE q (a int) PARTITION BY LIST (a)")\n'
            'op.execute("CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1)")\n'
            'op.execute("ALTER TABLE q DETACH PARTITION q1")'
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for kind, command in at.commands:
            if kind != "AT_DetachPartition" or at.alone or at.table is None or not at.is_old(at.table):
                continue
            child = at.named(command["def"]["PartitionCmd"]["name"])
            if child is None or default_of(at, at.table):
                continue
            yield Hit(
                at,
                lock(at, at.table.oid, f"to detach {child.name}"),
                "detach it with CONCURRENTLY, outside of the transaction",
                autocommit(
                    [execute(f"ALTER TABLE {spelled(at.table)} DETACH PARTITION {spelled(child)} CONCURRENTLY")]
                ),
                title(at.table),
                at.table.oid,
                effects_on(at, at.table.oid, child.oid),
            )


RULE = PartitionDetached()
