"""A column is added together with its CHECK.

ADD COLUMN … CHECK holds an ACCESS EXCLUSIVE lock while it reads all rows to check the new column, even where that is
NULL in all of them: reads and writes wait until that is done.

Instead add the column alone, then the CHECK as NOT VALID, and validate it in a transaction of its own. Without NOT
VALID it reads all rows again.

It does not matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.rules.check_validated import in_two_steps, is_of_new_columns
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import columns_of

TABLE = "CREATE TABLE account (id int PRIMARY KEY)"


class ColumnWithCheck(Rule):
    """ADD COLUMN … CHECK on a table that is in use."""

    id, slug, group = "LB125", "column-with-check", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.execute("ALTER TABLE account ADD COLUMN age int CHECK (age > 0)")  # <-', TABLE),
        Example(
            'op.add_column("account", sa.Column("age", sa.Integer))\n'
            'op.create_check_constraint("adult", "account", "age >= 18", postgresql_not_valid=True)',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, one in at.declared:
            if one.type == "c" and one.validated and at.is_old(table) and is_of_new_columns(at, table, one):
                yield Hit(
                    at,
                    lock(at, table.oid, f"while every row is checked by {one.name}"),
                    "add the column alone, then the CHECK as NOT VALID, and validate it in a transaction of its own",
                    in_two_steps(at, table, one, *columns_of(at, table, one)),
                    title(table),
                    table.oid,
                    effects(at, "scan", "lock"),
                    "observed" if at.scanned else "static",
                )


RULE = ColumnWithCheck()
