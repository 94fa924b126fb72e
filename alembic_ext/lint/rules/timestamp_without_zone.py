"""A column has a time of which nobody knows where it is meant.

``timestamp without time zone`` keeps what the clock on the wall showed: what moment that was depends on who reads it.
To change the type later rewrites the table, unless the time zone of the session is UTC.

Instead use ``timestamp with time zone``: ``sa.DateTime(timezone=True)``. It stores the moment, in as many bytes.

It does not matter for times that are meant by the wall's clock, as an alarm's. The rule is off unless it is switched
on.

https://www.postgresql.org/docs/current/datatype-datetime.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class TimestampWithoutZone(Rule):
    """timestamp without time zone."""

    id, slug, group = "LY103", "timestamp-without-zone", "types"
    severity = "note"
    default = False
    aliases = ("prefer-timestamp-tz",)
    examples = (
        Example('op.create_table("t", sa.Column("a", sa.DateTime))  # <-'),
        Example('op.create_table("t", sa.Column("a", postgresql.TIMESTAMP(precision=0)))  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.DateTime(timezone=True)))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type.startswith("timestamp") and column.type.endswith("without time zone"):
                yield Hit(
                    at,
                    f"{named(table, column)} has no time zone: which moment it means depends on who reads it",
                    "use timestamp with time zone: sa.DateTime(timezone=True)",
                    object=named(table, column),
                )


RULE = TimestampWithoutZone()
