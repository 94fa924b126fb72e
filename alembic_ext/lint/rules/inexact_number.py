"""A column has a type that keeps numbers inexactly.

0.1 cannot be stored in ``real`` or ``double precision``: sums drift, and comparisons with = fail.

Instead use ``numeric`` for what is counted or paid.

It does not matter for what is measured. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class InexactNumber(Rule):
    """real or double precision."""

    id, slug, group = "LY108", "inexact-number", "types"
    severity = "note"
    default = False
    aliases = ()
    examples = (
        Example('op.create_table("t", sa.Column("a", sa.Float))  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.Numeric))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type in ("real", "double precision"):
                yield Hit(
                    at,
                    f"{named(table, column)} is {column.type}, which keeps numbers inexactly",
                    "use numeric for what is counted or paid",
                    object=named(table, column),
                )


RULE = InexactNumber()
