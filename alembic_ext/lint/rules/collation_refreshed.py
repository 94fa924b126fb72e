"""The server is told that the order of texts did not change.

When the operating system or ICU orders texts in another way than before, indexes of texts are wrong: rows are not
found, and unique ones have duplicates. PostgreSQL warns of it. REFRESH VERSION ends the warning and repairs nothing.

Instead build the indexes that depend on the collation anew first, with REINDEX … CONCURRENTLY.

It does not matter once that is done: then ignore this finding, and say so there.

https://www.postgresql.org/docs/current/sql-altercollation.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule


class CollationRefreshed(Rule):
    """REFRESH VERSION of a collation or a database."""

    id, slug, group = "LC217", "collation-refreshed", "compatibility"
    examples = (
        Example(
            "op.execute('ALTER DATABASE \"' + op.get_bind().scalar(sa.text('SELECT current_database()')) "
            "+ '\" REFRESH COLLATION VERSION')  # <-",
            oldest=15,
        ),
        Example("op.execute('CREATE COLLATION IF NOT EXISTS plain FROM \"C\"')\nop.execute('DROP COLLATION plain')"),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node not in ("AlterCollationStmt", "AlterDatabaseRefreshCollStmt"):
            return
        if not any(one.node == "ReindexStmt" for one in at.course.moments[: at.number]):
            yield Hit(
                at,
                "the version of the collation is refreshed: nothing warns any more of indexes in another order",
                "build the indexes of texts anew first, with REINDEX CONCURRENTLY",
                verdict="static",
            )


RULE = CollationRefreshed()
