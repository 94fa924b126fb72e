"""A column has a type that is padded with blanks.

``char(n)`` fills each value up to its length and ignores blanks at the end in comparisons: it takes more room, and
surprises.

Instead use ``text``, with a CHECK constraint for the length.

It does not matter for columns that are to be padded. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/datatype-character.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class CharPadded(Rule):
    """character(n)."""

    id, slug, group = "LY102", "char-padded", "types"
    severity = "note"
    default = False
    aliases = ("ban-char-field",)
    examples = (
        Example('op.create_table("t", sa.Column("a", sa.CHAR(3)))  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.String(3)))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type.startswith("character("):
                yield Hit(
                    at,
                    f"{named(table, column)} is {column.type}, padded with blanks",
                    "use text, with a CHECK constraint for the length",
                    object=named(table, column),
                )


RULE = CharPadded()
