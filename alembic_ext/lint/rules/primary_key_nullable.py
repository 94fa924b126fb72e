"""A primary key takes over an index, and reads the whole table since a column of it may be NULL.

ADD PRIMARY KEY USING INDEX needs no more than a moment where the columns of the index are NOT NULL. Where they are not,
it makes them so: it reads every row, and holds an ACCESS EXCLUSIVE lock, which stops reads and writes meanwhile.

Instead make the columns NOT NULL beforehand, by way of a CHECK that is added NOT VALID and validated in a transaction
of its own.

It does not matter for a table with few rows, nor where a valid CHECK proves that there are no NULLs.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import listed, lock, title
from alembic_ext.lint.steps import not_null, revisions

TABLE = "CREATE TABLE account (id int); CREATE UNIQUE INDEX account_id ON account (id)"


class PrimaryKeyNullable(Rule):
    """ADD PRIMARY KEY USING INDEX on columns that are not NOT NULL."""

    id, slug, group = "LB128", "primary-key-nullable", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG304",)
    examples = (
        Example('op.execute("ALTER TABLE account ADD PRIMARY KEY USING INDEX account_id")  # <-', TABLE),
        Example(
            'op.execute("ALTER TABLE account ADD PRIMARY KEY USING INDEX account_id")',
            f"{TABLE}; ALTER TABLE account ALTER id SET NOT NULL",
        ),
        Example(
            'op.execute("ALTER TABLE account ADD PRIMARY KEY USING INDEX account_id")',
            f"{TABLE}; ALTER TABLE account ADD CHECK (id IS NOT NULL)",
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, one in at.declared:
            if one.type != "p" or one.backing in at.built or table.oid not in at.scanned or table.kind == "p":
                continue
            before = at.before[table.oid].columns
            nullable = [name for name in table.names(one.columns) if name in before and not before[name].notnull]
            if nullable:
                steps = not_null(table, nullable, at.course.trace.version)
                yield Hit(
                    at,
                    lock(at, table.oid, f"while every row is checked for NULL in {listed(nullable)}"),
                    "make the columns NOT NULL beforehand, by way of a validated CHECK",
                    revisions(*steps, ("no row is read for this", [execute(at.did.sql)])),
                    title(table),
                    table.oid,
                    effects(at, "scan", "lock"),
                )


RULE = PrimaryKeyNullable()
