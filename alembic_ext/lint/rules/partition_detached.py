"""A partition is detached while nobody can use the table.

DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the partitioned table and on the partition: it waits for all who use
any of the partitions, and all others wait behind it.

Instead say CONCURRENTLY, which lets others read and write all the time. That cannot run in a transaction: Alembic's
``autocommit_block`` is the place for it, in a revision of its own.

Where there is a default partition CONCURRENTLY is not possible: wait for the lock with a short ``lock_timeout``, and
try again. To detach the default partition itself also makes INSERTs fail of rows that belong to no other.

It does not matter for a table that the same revision creates.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, call, execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._partition import default_of
from alembic_ext.lint.said import lock, title

TABLES = "CREATE TABLE p (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN (1); "
DETACH = 'op.execute("ALTER TABLE p DETACH PARTITION one")'


class PartitionDetached(Rule):
    """DETACH PARTITION without CONCURRENTLY."""

    id, slug, group = "LB303", "partition-detached", "blocking"
    aliases = ("require-concurrent-partition-detach",)
    examples = (
        Example(f"{DETACH}  # <-", TABLES),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("ALTER TABLE p DETACH PARTITION one CONCURRENTLY")',
            TABLES,
        ),
        Example(f"{DETACH}  # <-", f"{TABLES} CREATE TABLE rest PARTITION OF p DEFAULT"),
        Example(
            'op.execute("ALTER TABLE p DETACH PARTITION rest")  # <-',
            f"{TABLES} CREATE TABLE rest PARTITION OF p DEFAULT",
        ),
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
            if child is None:
                continue
            default = default_of(at, at.table)
            fail = "; INSERTs of rows that belong to no other partition fail" if default == child else ""
            line = execute(f"ALTER TABLE {spelled(at.table)} DETACH PARTITION {spelled(child)} CONCURRENTLY")
            yield Hit(
                at,
                lock(at, at.table.oid, f"to detach {child.name}") + fail,
                "detach it with CONCURRENTLY, outside of the transaction" if default is None
                else "do it with a short lock_timeout, and try again: beside a default one CONCURRENTLY is refused",
                autocommit([line]) if default is None else call("op.execute", "SET LOCAL lock_timeout = '2s'"),
                title(at.table),
                at.table.oid,
                effects_on(at, at.table.oid, child.oid),
            )  # fmt: skip


RULE = PartitionDetached()
