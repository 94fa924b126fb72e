"""A column has a type whose meaning depends on a setting.

``money`` prints and reads by ``lc_monetary`` of the session, knows no currency, and rounds to as many digits as that
has.

Instead use ``numeric``, and a column for the currency.

It does not matter where all servers and sessions have one locale for good. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/datatype-money.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class MoneyType(Rule):
    """money."""

    id, slug, group = "LY107", "money-type", "types"
    severity = "note"
    default = False
    aliases = ()
    examples = (
        Example('op.create_table("t", sa.Column("a", postgresql.MONEY))  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.Numeric(12, 2)))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type == "money":
                yield Hit(
                    at,
                    f"{named(table, column)} is of type money, which depends on lc_monetary",
                    "use numeric, and a column for the currency",
                    object=named(table, column),
                )


RULE = MoneyType()
