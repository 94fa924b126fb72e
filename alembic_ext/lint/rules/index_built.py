"""An index is built while writes to its table wait, by a statement that does not say so.

To build an index the whole table is read and sorted. The transaction holds a lock on the table that writes wait for, or
even reads, so they wait until the index is there and the transaction is over.

Instead build the index beforehand, with CREATE INDEX CONCURRENTLY, and let the statement use it; or build it in a
transaction of its own.

It does not matter for a table with few rows. The server told of the new index; other rules have better words for the
cases that they know.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, lock, title

TABLE = "CREATE TABLE t (a int)"
PARTS = (
    "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); "
    "CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)"
)


class IndexBuilt(Rule):
    """Any build of an index under a lock that no other rule explains."""

    id, slug, group = "LB003", "index-built", "blocking"
    severity = "error"
    general = sized = True
    examples = (
        Example('op.execute("DO $$BEGIN CREATE INDEX ON t (a); END$$")  # <-', TABLE),
        Example('op.execute("DO $$BEGIN ALTER TABLE t ADD UNIQUE (a); END$$")  # <-', TABLE),
        Example('op.execute("DO $$BEGIN CREATE INDEX ON t (a); END$$")  # <-', PARTS),
        Example('op.execute("DO $$BEGIN ALTER INDEX i RENAME TO j; END$$")', f"{TABLE}; CREATE INDEX i ON t (a)"),
        Example('op.execute("DO $$BEGIN CREATE TABLE fresh (a int); CREATE INDEX ON fresh (a); END$$")', TABLE),
        Example('op.execute("DO $$BEGIN CREATE INDEX ON ONLY t (a); END$$")', PARTS),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        found: dict[Oid, list[Oid]] = {}
        for oid in sorted(at.built):
            index = at.after[oid].as_index
            assert index is not None
            if index.table not in at.rewritten and at.stopped(index.table):
                found.setdefault(at.whole(index.table), []).append(oid)
        for oid, built in found.items():
            names = [at.after[one].name for one in built]
            yield Hit(
                at,
                lock(at, oid, f"while {listed(names)} {'is' if len(names) == 1 else 'are'} built"),
                "build it beforehand with CREATE INDEX CONCURRENTLY, outside of the transaction",
                object=title(at.old[oid]),
                table=oid,
                effects=tuple(("build", one) for one in built),
            )


RULE = IndexBuilt()
