"""A generated column is stored, so every row is written.

PostgreSQL evaluates the expression for each row: it rewrites the table and all its indexes under an ACCESS EXCLUSIVE
lock, and reads and writes wait until that is done. So it does when the expression of such a column is changed.

Instead let the column be VIRTUAL where PostgreSQL is 18 or newer, which writes no row. Before that add a plain column,
have a trigger fill it, and fill the old rows in batches.

It does not matter for a table with few rows, nor for a table that the same revision creates.

https://www.postgresql.org/docs/current/ddl-generated-columns.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute, schema_of, spelled, unwrapped
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._rewritten import rewriting
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import Step, add_column, declared, fill, kept, kept_no_more, revisions
from alembic_ext.sqltext import ident

TABLE = "CREATE TABLE item (price int, number int, total int GENERATED ALWAYS AS (price * number) STORED)"


class StoredGeneratedColumn(Rule):
    """ADD COLUMN … GENERATED ALWAYS AS … STORED, and SET EXPRESSION."""

    id, slug, group = "LB204", "stored-generated-column", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG309",)
    examples = (
        Example('op.add_column("item", sa.Column("a", sa.Integer, sa.Computed("price", persisted=True)))  # <-', TABLE),
        Example('op.execute("ALTER TABLE item ALTER total SET EXPRESSION AS (price + 1)")  # <-', TABLE, oldest=17),
        Example('op.execute("ALTER TABLE item ADD a int GENERATED ALWAYS AS (price * 2) VIRTUAL")', TABLE, oldest=18),
        Example('op.execute("ALTER TABLE item ALTER total DROP EXPRESSION")', TABLE, also=("default-dropped",)),
        Example('op.execute("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for (table, old, _), column in rewriting(at, "generated"):
            virtual = at.course.trace.version >= 180000
            yield Hit(
                at,
                lock(at, table.oid, f"while every row is written to store {column.name}"),
                "make the column VIRTUAL" if virtual else "add a plain column, and let a trigger fill it",
                _steps(table, column, virtual=virtual, there=old is not None),
                title(at.old[table.oid]),
                table.oid,
                effects_on(at, table.oid),
            )


def _steps(table: Relation, column: Column, *, virtual: bool, there: bool) -> str:
    name, value, schema = f"{column.name}_new" if there else column.name, str(column.default), schema_of(table)
    generated = (
        f"{ident(name)} {declared(column.type, column.collate)} GENERATED ALWAYS AS ({unwrapped(value)}) VIRTUAL"
    )
    steps: list[Step] = [("no row is written", [execute(f"ALTER TABLE {spelled(table)} ADD COLUMN {generated}")])]
    if not virtual:
        steps = [
            ("new rows are filled", [add_column(table, name, column.type, column.collate), *kept(table, name, value)]),
            ("old rows are filled, in batches", fill(table, name, value)),
        ]
    if there:
        old = f"{column.name}_old"
        swap = [
            call("op.alter_column", table.name, column.name, new_column_name=old, schema=schema),
            call("op.alter_column", table.name, name, new_column_name=column.name, schema=schema),
            *([] if virtual else [*kept_no_more(table, name), *kept(table, column.name, value)]),
        ]
        drop = call("op.drop_column", table.name, old, schema=schema)
        steps += [("the names are swapped", swap), ("once nothing uses it", [drop])]
    return revisions(*steps)


RULE = StoredGeneratedColumn()
