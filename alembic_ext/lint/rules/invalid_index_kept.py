"""An invalid index passes for the one that is wanted.

Where CREATE INDEX CONCURRENTLY fails, it leaves an invalid index: it costs every write and serves no query. With IF
NOT EXISTS the next try finds that index, does nothing, and the revision counts as applied.

Instead drop the index first, IF EXISTS, and create it without IF NOT EXISTS.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules.concurrent_index_times_out import new_indexes
from alembic_ext.lint.said import title
from alembic_ext.lint.steps import concurrently

TABLE = "SET lock_timeout = 0; CREATE TABLE account (id int PRIMARY KEY, email text)"
CREATE = 'op.create_index("ix", "account", ["email"], if_not_exists=True, postgresql_concurrently=True)'


class InvalidIndexKept(Rule):
    """CREATE INDEX CONCURRENTLY IF NOT EXISTS."""

    id, slug, group = "LB107", "invalid-index-kept", "blocking"
    severity = "note"
    examples = (
        Example(f"with op.get_context().autocommit_block():\n    {CREATE}  # <-", TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            f'    op.drop_index("ix", if_exists=True, postgresql_concurrently=True)\n    {CREATE}',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "IndexStmt" or not at.alone or not at.tree.get("if_not_exists") or at.did.error:
            return
        for one in new_indexes(at):
            assert one.as_index
            if not at.course.dropped_before(at, one.name):
                yield Hit(
                    at,
                    f"a try that fails leaves {one.name} invalid, and IF NOT EXISTS takes that for the index the next "
                    "time",
                    "drop it first if it exists, and create it without IF NOT EXISTS",
                    "\n".join(concurrently(at, [one])),
                    title(one),
                    one.as_index.table,
                    verdict="static",
                )


RULE = InvalidIndexKept()
