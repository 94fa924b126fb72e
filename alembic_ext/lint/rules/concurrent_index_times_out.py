"""A timeout ends the concurrent build of an index, and leaves an invalid one behind.

CREATE INDEX CONCURRENTLY waits, several times, until the transactions that are older than it have ended. That stops
nobody; but lock_timeout counts it as a wait for a lock, and ends it after a few seconds. What is left is an invalid
index, which costs every write and serves no query, and the next try fails since the index exists. So does REINDEX
CONCURRENTLY, and statement_timeout does the same to both.

Instead switch the timeouts off for this statement, and drop what an earlier try may have left before it.

Where the revision drops the index first, if it exists, a next try succeeds, and nothing is said.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules.reindex_not_concurrent import is_concurrent
from alembic_ext.lint.said import title
from alembic_ext.lint.steps import concurrently, patiently, seconds

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text)"
CREATE = '    op.create_index("ix", "account", ["email"], postgresql_concurrently=True)'
_ENDED_BY_OTHERS = 3600.0
"""A limit of seconds that is no limit for a wait."""


class ConcurrentIndexTimesOut(Rule):
    """CREATE INDEX CONCURRENTLY, or REINDEX, with a timeout in force."""

    id, slug, group = "LB106", "concurrent-index-times-out", "blocking"
    severity = "note"
    examples = (
        Example(f"with op.get_context().autocommit_block():\n{CREATE}  # <-", TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("SET lock_timeout = 0")\n'
            "    op.execute(\"SET statement_timeout = '1min'\")\n"
            f'{CREATE}  # <-\n    op.execute("RESET statement_timeout")',
            TABLE,
        ),
        Example(
            'with op.get_context().autocommit_block():\n'
            '    op.execute("REINDEX TABLE CONCURRENTLY account")  # <-',
            TABLE,
        ),
        Example("with op.get_context().autocommit_block():\n"
                f'    op.execute("SET lock_timeout = 0")\n{CREATE}', TABLE),
        Example('with op.get_context().autocommit_block():\n'
                f'    op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix")\n{CREATE}', TABLE),
        Example('op.create_table("fresh", sa.Column("email", sa.Text))\n'
                f"with op.get_context().autocommit_block():\n{CREATE.replace('account', 'fresh')}",
                also=("autocommit-after-work",)),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        limits = {"lock_timeout": at.did.lock_timeout, "statement_timeout": at.did.statement_timeout}
        found = {name: value for name, value in limits.items() if 0 < value < _ENDED_BY_OTHERS}
        built = new_indexes(at)
        if (
            not found
            or not built
            or not ((at.node == "IndexStmt" and at.alone) or (at.node == "ReindexStmt" and is_concurrent(at.tree)))
        ):
            return
        one = built[0]
        if at.node == "IndexStmt" and at.course.dropped_before(at, one.name):
            return
        assert one.as_index
        word = "CREATE INDEX" if at.node == "IndexStmt" else "REINDEX"
        names = " and ".join(f"{name} ({seconds(value)})" for name, value in found.items())
        lines = concurrently(at, [one]) if at.node == "IndexStmt" else patiently(at, [execute(at.did.sql)])
        yield Hit(
            at,
            f"{names} may end {word} CONCURRENTLY while it waits for older transactions, and leave an invalid index",
            f"switch {' and '.join(found)} off for it, and drop what an earlier try has left",
            "\n".join(lines),
            title(one),
            one.as_index.table,
            verdict="static",
        )


def new_indexes(at: Moment) -> list[Relation]:
    """The indexes that a statement built on tables that are older than the revision."""
    return [at.after[oid] for oid in sorted(at.built)]


RULE = ConcurrentIndexTimesOut()
