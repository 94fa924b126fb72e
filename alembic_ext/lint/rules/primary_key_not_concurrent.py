"""A primary key builds its index, and checks for NULL, while nobody can use the table.

ADD PRIMARY KEY holds an ACCESS EXCLUSIVE lock while it reads the table to make its columns NOT NULL, where they are not
so yet, and while it builds the index: reads and writes wait until that is done.

Instead make the columns NOT NULL beforehand, by way of a CHECK that is validated; build a unique index with
CONCURRENTLY; and then add the primary key USING INDEX, which takes a moment.

It does not matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.rules.unique_not_concurrent import in_steps, keys
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import columns_of, not_null, revisions

TABLE = "CREATE TABLE account (id int NOT NULL, code int)"


class PrimaryKeyNotConcurrent(Rule):
    """ADD PRIMARY KEY without USING INDEX on a table that is in use."""

    id, slug, group = "LB127", "primary-key-not-concurrent", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG104", "adding-serial-primary-key-field")
    examples = (
        Example('op.create_primary_key("account_pkey", "account", ["id"])  # <-', TABLE, also=("unique-may-fail",)),
        Example('op.execute("ALTER TABLE account ADD PRIMARY KEY (code, id)")  # <-', TABLE, also=("unique-may-fail",)),
        Example(
            'op.execute("ALTER TABLE account ADD PRIMARY KEY USING INDEX account_id")',
            f"{TABLE}; CREATE UNIQUE INDEX account_id ON account (id)",
        ),
        Example('op.create_table("fresh", sa.Column("a", sa.Integer))\nop.create_primary_key("pk", "fresh", ["a"])'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, one, built in keys(at, "p"):
            names = table.names(one.columns)
            before = at.before[table.oid].columns
            nullable = [name for name in names if name in before and not before[name].notnull]
            first = columns_of(at, table, one)
            if nullable:
                first += not_null(table, nullable, at.course.trace.version)
            yield Hit(
                at,
                lock(at, table.oid, f"while the index of {one.name} is built"),
                "build the unique index with CONCURRENTLY, and add the primary key USING INDEX",
                revisions(*first, *in_steps(at, table, one, built, "PRIMARY KEY")),
                title(table),
                table.oid,
                effects(at, "scan", "build", "lock"),
            )


RULE = PrimaryKeyNotConcurrent()
