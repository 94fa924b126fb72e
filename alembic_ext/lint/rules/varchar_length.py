"""A column has a type with a length.

A longer value is an error at run time, and to make the length smaller later checks every row. PostgreSQL stores
``varchar(n)`` as it stores ``text``: the length saves nothing.

Instead use ``text``, with a CHECK constraint where the length matters: that can be changed without a long lock.

It does not matter where the length is part of a standard, as of a country's code. The rule is off unless it is switched
on.

https://www.postgresql.org/docs/current/datatype-character.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class VarcharLength(Rule):
    """character varying(n)."""

    id, slug, group = "LY101", "varchar-length", "types"
    severity = "note"
    default = False
    aliases = ("prefer-text-field",)
    examples = (
        Example('op.create_table("t", sa.Column("a", sa.String(20)))  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.Text))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type.startswith("character varying("):
                yield Hit(
                    at,
                    f"{named(table, column)} is {column.type}",
                    "use text, with a CHECK constraint where the length matters",
                    object=named(table, column),
                )


RULE = VarcharLength()
