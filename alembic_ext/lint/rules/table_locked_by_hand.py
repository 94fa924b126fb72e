"""A table is locked by LOCK TABLE.

The lock is kept until the transaction ends, whatever the statements after it need: with no mode given it is ACCESS
EXCLUSIVE, for which even reads wait.

Instead let each statement take the lock that it needs. Where a lock is taken beforehand to keep an order among tables,
name the weakest mode that will do, set ``lock_timeout``, and end the transaction soon.

It does not matter for modes that reads and writes pass by, nor for a table of the same revision.

https://www.postgresql.org/docs/current/sql-lock.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import lock, title

TABLE = "CREATE TABLE t (a int)"


class TableLockedByHand(Rule):
    """LOCK TABLE in a mode that stops writes."""

    id, slug, group = "LT105", "table-locked-by-hand", "transaction"
    examples = (
        Example('op.execute("LOCK TABLE t")  # <-', TABLE),
        Example('op.execute("LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE NOWAIT")  # <-', TABLE),
        Example('op.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE")', TABLE),
        Example('op.execute("CREATE TABLE u (a int)")\nop.execute("LOCK TABLE u")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node == "LockStmt":
            for oid in at.blocking:
                if at.whole(oid) == oid:
                    yield Hit(
                        at,
                        lock(at, oid, "until the transaction ends"),
                        "let each statement take the lock that it needs, or name a weaker mode",
                        object=title(at.old[oid]),
                        table=oid,
                        effects=(("lock", oid),),
                    )


RULE = TableLockedByHand()
