"""A primary key may run out of numbers.

An ``integer`` ends at 2 147 483 647. When a key reaches that, INSERT fails, and to make it ``bigint`` rewrites the
table, and those that refer to it, while nobody can use them.

Instead use ``bigint`` for keys from the start: four bytes more.

It does not matter for tables that stay small. The rule is off unless it is switched on; it says nothing of columns that
refer to such a key.

https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-INT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._types import named, new_columns


class SmallKey(Rule):
    """integer or smallint as the one column of a primary key."""

    id, slug, group = "LY106", "small-key", "types"
    severity = "note"
    default = False
    aliases = (
        "prefer-bigint-over-int",
        "prefer-big-int",
    )
    examples = (
        Example('op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))  # <-'),
        Example('op.create_table("t", sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("n", sa.Integer))'),
        Example(
            'op.create_table("u", sa.Column("t", sa.Integer, sa.ForeignKey("t.id"), primary_key=True))',
            "CREATE TABLE t (id int PRIMARY KEY)",
            also=("new-table-references",),
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, column in new_columns(at):
            if column.type in ("integer", "smallint") and is_key(table, column):
                yield Hit(
                    at,
                    f"{named(table, column)} is a key of type {column.type}, and may run out of numbers",
                    "use bigint: sa.BigInteger",
                    object=named(table, column),
                )


def is_key(table: Relation, column: Column) -> bool:
    """Whether a column is the primary key, and not what refers to another one."""
    sorts = {one.type for one in table.constraints.values() if one.columns == (column.number,)}
    return "p" in sorts and "f" not in sorts


RULE = SmallKey()
