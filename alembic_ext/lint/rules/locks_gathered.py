"""Several tables are locked one after the other in one transaction.

The lock on the first table is kept while the transaction waits for the second: the users of the first wait as long,
though nothing happens to it. Whoever uses both tables in the other order ends in a deadlock, and one of the two
transactions is cancelled.

Instead alter each busy table in a transaction of its own: in revisions of their own with ``transaction_per_migration``,
or in an ``autocommit_block``. Where they have to change together, take the locks in the order in which the application
uses the tables, and with a short ``lock_timeout``.

It does not matter for tables that are little used.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.modes import STOPS_READS
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import held, title

TABLES = "CREATE TABLE a (x int); CREATE TABLE b (y int)"
ONE = 'op.add_column("a", sa.Column("z", sa.Integer))'
OTHER = 'op.add_column("b", sa.Column("z", sa.Integer))'


class LocksGathered(Rule):
    """A strong lock is asked for while ACCESS EXCLUSIVE is held on another table; once in a transaction, and not where
    another rule says that it takes long.
    """

    id, slug, group = "LT102", "locks-gathered", "transaction"
    severity = "note"
    examples = (
        Example(f"{ONE}\n{OTHER}  # <-\nop.drop_column('a', 'z')", TABLES),
        Example(f"{ONE}\nop.drop_column('a', 'z')", TABLES),
        Example(f"with op.get_context().autocommit_block():\n    {ONE}\n    {OTHER}", TABLES),
        Example(f"{ONE}\nop.execute('CREATE TABLE c (x int)')\nop.execute('ALTER TABLE c ADD y int')", TABLES),
        Example(
            "op.add_column('p', sa.Column('z', sa.Integer))",
            "CREATE TABLE p (x int) PARTITION BY LIST (x); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        told = set()
        for at in course.moments:
            if at.did.transaction in told:
                continue
            for oid, mode in at.holding.items():
                others = [one for one in at.blocking if one not in {oid, *at.parts(oid), *at.scanned}]
                if mode in STOPS_READS and oid in at.before and others:
                    told.add(at.did.transaction)
                    yield Hit(
                        at,
                        held(at, oid, f"while the transaction waits for a lock on {title(at.old[others[0]])}"),
                        "alter each of them in a transaction of its own",
                        object=title(at.old[others[0]]),
                        table=oid,
                    )
                    break


RULE = LocksGathered()
