"""An enum is created, whose values can only be added.

A value of an enum cannot be taken away, moved or used in the transaction that adds it; whoever wants that makes a new
type and rewrites the tables.

Instead use ``text`` with a CHECK constraint, or a table of the values with a foreign key.

It does not matter for values that are fixed for good. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/datatype-enum.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import strings


class EnumType(Rule):
    """CREATE TYPE … AS ENUM."""

    id, slug, group = "LY109", "enum-type", "types"
    severity = "note"
    default = False
    examples = (
        Example('sa.Enum("a", "b", name="e").create(op.get_bind())  # <-'),
        Example('op.create_table("t", sa.Column("a", sa.Text, sa.CheckConstraint("a IN (\'x\', \'y\')")))'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node == "CreateEnumStmt":
            name = f"type {ident(*strings(at.tree['typeName']))}"
            yield Hit(
                at,
                f"{name} is an enum: its values can only be added",
                "use text with a CHECK constraint, or a table of the values",
                object=name,
            )


RULE = EnumType()
