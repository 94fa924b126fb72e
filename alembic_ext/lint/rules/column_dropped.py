"""A column is dropped.

Its values are gone, and the code that is still deployed fails on it: an ORM names every column in its SELECTs. DROP
COLUMN takes an ACCESS EXCLUSIVE lock on the table, and on each table that a foreign key of the column refers to.

Instead deploy code that does not know the column, and drop it in a later revision. Where it is NOT NULL without a
default, let it be null before, so that the new code can insert.

It does not matter for a column that the same revision adds, nor if the code that is deployed does not know it: then
ignore this finding, and say so there.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import revisions

TABLES = (
    "CREATE TABLE account (id int PRIMARY KEY, email text NOT NULL);"
    "CREATE TABLE visit (id int, account_id int REFERENCES account)"
)


class ColumnDropped(Rule):
    """DROP COLUMN, however it is said."""

    id, slug, group = "LD102", "column-dropped", "data loss"
    severity = "error"
    aliases = ("DS103", "ban-drop-column")
    examples = (
        Example('op.drop_column("account", "email")  # <-', TABLES),
        Example('op.drop_column("visit", "account_id")  # <-', TABLES),
        Example(
            'with op.batch_alter_table("visit") as batch:\n'
            '    batch.add_column(sa.Column("at", sa.DateTime))\n'
            '    batch.drop_column("id")  # <-',
            TABLES,
        ),
        Example(
            'op.execute("ALTER TABLE event DROP note")  # <-',
            "CREATE TABLE event (id int, note text) PARTITION BY LIST (id);CREATE TABLE e PARTITION OF event DEFAULT",
        ),
        Example('op.add_column("visit", sa.Column("at", sa.DateTime))\nop.drop_column("visit", "at")', TABLES),
        Example('op.execute("ALTER TABLE visit DROP COLUMN IF EXISTS nothing")', TABLES),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, old, new in at.columns:
            if old is None or new is not None or not at.is_old_column(table.oid, old):
                continue
            keys = [one for one in at.before[table.oid].constraints.values() if old.number in one.columns]
            linked = {one.references for one in keys if one.references} & at.blocking.keys() - {table.oid}
            also = "".join(f"; {lock(at, one)}, for a foreign key" for one in sorted(linked))
            explained: list[Effect] = [("lock", one) for one in (*linked, *at.family(table.oid))]
            yield Hit(
                at,
                f"column {old.name} of {title(table)} is dropped with all its values, and the code that is still "
                f"deployed fails on it{also}",
                "deploy code that does not know the column, and drop it in a later revision",
                _steps(table, at.before[table.oid], old),
                f"column {table.schema}.{table.name}.{old.name}",
                table.oid,
                tuple(explained),
            )


def _steps(table: Relation, before: Relation, column: Column) -> str:
    schema = schema_of(table)
    free = call("op.alter_column", table.name, column.name, nullable=True, schema=schema)
    drop = ("once no code uses it", [call("op.drop_column", table.name, column.name, schema=schema)])
    keyed = any(one.type == "p" and column.number in one.columns for one in before.constraints.values())
    return revisions(*([("new code need not write it", [free])] if column.required and not keyed else ()), drop)


RULE = ColumnDropped()
