"""A new boolean column may be null.

It then has three values, and `WHERE NOT active` finds only one of the two that are not true.

Instead let it be NOT NULL with a default, which writes no row.

It does not matter where null means something. The rule is off unless it is switched on.

https://www.postgresql.org/docs/current/datatype-boolean.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import Raw, call, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (id int PRIMARY KEY)"


class BooleanNullable(Rule):
    """ADD COLUMN … boolean without NOT NULL."""

    id, slug, group = "LC111", "boolean-nullable", "compatibility"
    severity = "note"
    default = False
    examples = (
        Example('op.add_column("account", sa.Column("active", sa.Boolean))  # <-', TABLE),
        Example(
            'op.add_column("account", sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False))', TABLE
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, old, new in at.columns:
            if old is None and new is not None and new.type == "boolean" and not new.notnull and not new.generated:
                column = Raw(f"sa.Column({new.name!r}, sa.Boolean(), server_default=sa.false(), nullable=False)")
                yield Hit(
                    at,
                    f"column {new.name} of {title(table)} is boolean and may be null: it has three values",
                    "make it NOT NULL with a default",
                    call("op.add_column", table.name, column, schema=schema_of(table)),
                    f"column {table.schema}.{table.name}.{new.name}",
                    table.oid,
                )


RULE = BooleanNullable()
