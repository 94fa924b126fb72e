"""A table is read or rewritten several times in a row.

Each ALTER TABLE that checks or changes the rows goes through the whole table by itself, while the lock of the first
one is kept.

Instead write one ALTER TABLE with all its changes: PostgreSQL does them in one pass.

It does not matter for changes that touch the catalog alone, which is why those are not counted.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE t (a int, b int, c int)"


class TableAlteredRepeatedly(Rule):
    """A second ALTER TABLE that goes through the rows of a table, in the same transaction."""

    id, slug, group = "LT110", "table-altered-repeatedly", "transaction"
    severity = "note"
    sized = True
    examples = (
        Example(
            "op.execute('ALTER TABLE t ALTER a TYPE bigint')\nop.execute('ALTER TABLE t ALTER b TYPE bigint')  # <-",
            TABLE,
            also=("type-change-rewrites",),
        ),
        Example(
            "op.execute('ALTER TABLE t ALTER a TYPE bigint, ALTER b TYPE bigint')",
            TABLE,
            also=("type-change-rewrites",),
        ),
        Example("op.execute('ALTER TABLE t ADD d int')\nop.execute('ALTER TABLE t ADD e int')", TABLE),
        Example(
            "op.execute('ALTER TABLE t ALTER a SET NOT NULL')\nop.execute('ALTER TABLE t ADD d int NOT NULL')",
            TABLE,
            also=("set-not-null", "column-required"),
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        mine = _passed(at)
        earlier = {oid: one for one in at.earlier for oid in mine & _passed(one)}
        for oid, one in earlier.items():
            if at.whole(oid) == oid:
                again = "rewritten" if oid in at.rewritten else "read"
                since = f" after line {one.line}" if one.line and one.line != at.line else ""
                yield Hit(
                    at,
                    f"all rows of {title(at.old[oid])} are {again} once more{since}, while it is locked",
                    "put these changes into one ALTER TABLE",
                    object=title(at.old[oid]),
                    table=oid,
                )


def _passed(at: Moment) -> frozenset[int]:
    """The tables through whose rows an ALTER TABLE goes."""
    return at.scanned | at.rewritten if at.node == "AlterTableStmt" else frozenset()


RULE = TableAlteredRepeatedly()
