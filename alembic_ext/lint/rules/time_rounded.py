"""A time is rounded when it is stored.

``timestamp(0)`` does not cut the fraction off but rounds: a row may say that it was made in the future, and the order
of two rows is lost.

Instead keep the full precision, and cut with ``date_trunc`` when it is shown.

It does not matter where nobody compares them with the clock. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/datatype-datetime.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class TimeRounded(Rule):
    """timestamp(n), time(n)."""

    id, slug, group = "LY104", "time-rounded", "types"
    severity = "note"
    default = False
    aliases = ()
    examples = (
        Example('op.create_table("t", sa.Column("a", postgresql.TIMESTAMP(precision=0, timezone=True)))  # <-'),
        Example('op.create_table("t", sa.Column("a", postgresql.TIME(precision=3)))  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.DateTime(timezone=True)))'),
        Example('op.create_table("t", sa.Column("a", sa.Time))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type.startswith("time") and "(" in column.type and "(6)" not in column.type:
                yield Hit(
                    at,
                    f"{named(table, column)} is {column.type}: values are rounded, also into the future",
                    "keep the full precision",
                    object=named(table, column),
                )


RULE = TimeRounded()
