"""An index has more than three columns.

Each column makes an index larger and every write to the table slower, and the fourth rarely makes a query faster: the
first ones have found the rows already.

Instead let the columns lead that tell most rows apart, and leave the others out, or only store them: INCLUDE.

It does not matter for unique indexes, whose columns are given.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

MOST = 3
TABLE = "CREATE TABLE account (a int, b int, c int, d int)"


class WideIndex(Rule):
    """CREATE INDEX over more than three columns."""

    id, slug, group = "LB109", "wide-index", "types"
    severity = "note"
    default = False
    examples = (
        Example('op.create_index("ix", "account", ["a", "b", "c", "d"])  # <-', TABLE, also=("index-not-concurrent",)),
        Example('op.create_index("ix", "account", ["a"])', TABLE, also=("index-not-concurrent",)),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "IndexStmt" or at.tree.get("unique") or len(at.tree["indexParams"]) <= MOST:
            return
        for oid, one in at.changed:
            if one.as_index and oid not in at.before and not one.parents:
                yield Hit(
                    at,
                    f"{title(one)} has {one.as_index.keys} columns, each of which slows writes down",
                    "let those lead that tell most rows apart, and leave the others out, or INCLUDE them",
                    object=title(one),
                    table=one.as_index.table,
                )


RULE = WideIndex()
