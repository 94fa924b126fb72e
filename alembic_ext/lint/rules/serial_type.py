"""A column takes its numbers from a sequence by its default.

``serial`` is a default and a sequence that hang together loosely: whoever inserts needs a right on the sequence, a copy
of the table uses the same one, and an explicit value is taken without a word.

Instead use an identity column: ``sa.Column("id", sa.BigInteger, sa.Identity())``.

It does not matter for a sequence that several tables share on purpose. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/ddl-identity-columns.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class SerialType(Rule):
    """A default that takes the next number of a sequence."""

    id, slug, group = "LY105", "serial-type", "types"
    severity = "note"
    default = False
    aliases = ("prefer-identity",)
    examples = (
        Example('op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))  # <-'),
        Example('op.create_table("t", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if (column.default or "").startswith("nextval(") and not column.identity:
                yield Hit(
                    at,
                    f"{named(table, column)} takes its numbers from a sequence by its default",
                    "use an identity column: sa.Identity()",
                    object=named(table, column),
                )


RULE = SerialType()
