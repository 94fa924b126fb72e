"""A new column has the type json, which has no equality.

SELECT DISTINCT, GROUP BY and UNION compare whole rows: a query of the deployed code that does so over all columns of
the table fails as soon as there is one of type json.

Instead use jsonb: it has equality and indexes, and is what most operators want.

It does not matter if the text of the JSON has to be kept as it was written, and no such query exists.

https://www.postgresql.org/docs/current/datatype-json.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.lint.steps import add_column

TABLE = "CREATE TABLE account (id int PRIMARY KEY, data json)"


class JsonColumn(Rule):
    """ADD COLUMN … json."""

    id, slug, group = "LC109", "json-column", "compatibility"
    examples = (
        Example('op.add_column("account", sa.Column("more", sa.JSON))  # <-', TABLE),
        Example('op.execute("ALTER TABLE account ADD more json[]")  # <-', TABLE),
        Example('op.add_column("account", sa.Column("more", postgresql.JSONB))', TABLE),
        Example('op.add_column("account", sa.Column("more", sa.Text))', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, old, new in at.columns:
            if new is None or new.type not in ("json", "json[]") or (old and old.type == new.type):
                continue
            yield Hit(
                at,
                f"column {new.name} of {title(table)} is json, which has no equality: SELECT DISTINCT, GROUP BY and "
                "UNION over the table fail",
                "use jsonb",
                add_column(table, new.name, new.type.replace("json", "jsonb")),
                f"column {table.schema}.{table.name}.{new.name}",
                table.oid,
            )


RULE = JsonColumn()
