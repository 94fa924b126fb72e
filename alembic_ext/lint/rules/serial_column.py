"""A new column is serial, so every row is written.

Each row gets the next value of a sequence: PostgreSQL rewrites the table and all its indexes under an ACCESS EXCLUSIVE
lock, and reads and writes wait until that is done.

Instead add a plain column, set nextval() of a sequence as its default, which then holds for new rows, and fill the old
ones in batches.

It does not matter for a table with few rows, nor for a table that the same revision creates.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute, schema_of, spelled, text
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._rewritten import rewriting
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import add_column, fill, not_null, revisions
from alembic_ext.sqltext import ident, literal

TABLE = "CREATE TABLE account (email text)"


class SerialColumn(Rule):
    """ADD COLUMN serial, or with nextval() as its default."""

    id, slug, group = "LB202", "serial-column", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.execute("ALTER TABLE account ADD COLUMN number bigserial")  # <-', TABLE),
        Example(
            'op.execute("CREATE SEQUENCE numbers")\n'
            """op.execute("ALTER TABLE account ADD number bigint DEFAULT nextval('numbers') NOT NULL")  # <-""",
            TABLE,
        ),
        Example(
            'op.execute("CREATE SEQUENCE numbers")\n'
            'op.add_column("account", sa.Column("number", sa.BigInteger))\n'
            """op.alter_column("account", "number", server_default=sa.text("nextval('numbers')"))""",
            TABLE,
        ),
        Example('op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for (table, _, _), column in rewriting(at, "serial"):
            sequence = ident(schema_of(table) or "", f"{table.name}_{column.name}_seq")
            default = f"nextval({literal(sequence)})"
            steps = [
                (
                    "new rows are numbered",
                    [
                        execute(f"CREATE SEQUENCE {sequence}"),
                        add_column(table, column.name, column.type),
                        call("op.alter_column", table.name, column.name, server_default=text(default),
                             schema=schema_of(table)),
                        execute(f"ALTER SEQUENCE {sequence} OWNED BY {spelled(table)}.{ident(column.name)}"),
                    ],
                ),
                ("old rows are numbered, in batches", fill(table, column.name, "DEFAULT")),
                *(not_null(table, [column.name], at.course.trace.version) if column.notnull else ()),
            ]  # fmt: skip
            yield Hit(
                at,
                lock(at, table.oid, f"while every row is written to number {column.name}"),
                "add a plain column, set nextval() as its default, and number the rows in batches",
                revisions(*steps),
                title(at.old[table.oid]),
                table.oid,
                effects_on(at, table.oid),
            )


RULE = SerialColumn()
