"""A new column has a default that differs from row to row, so every row is written.

For a default that is the same for all rows (a constant, now()) PostgreSQL notes one value beside the table. One that
has to be evaluated for each, like gen_random_uuid(), random() or clock_timestamp(), makes it rewrite the table and all
its indexes under an ACCESS EXCLUSIVE lock: reads and writes wait until that is done.

Instead add the column without a default, set the default, which then holds for new rows, and fill the old ones in
batches.

It does not matter for a table with few rows. Whether a function is volatile is told by the server, not by its name: a
function in SQL that comes down to a constant rewrites nothing, and nothing is said of it.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, schema_of, text
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._rewritten import rewriting
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import add_column, fill, not_null, revisions

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text)"
FUNCTIONS = (
    TABLE + "; CREATE FUNCTION steady() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 5'"
    "; CREATE FUNCTION drawn() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 5; END'"
)


class VolatileDefault(Rule):
    """ADD COLUMN with a default that is evaluated for each row."""

    id, slug, group = "LB201", "volatile-default", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG302", "adding-field-with-default")
    examples = (
        Example(
            'op.add_column("account", sa.Column("token", postgresql.UUID(), nullable=False,  # <-\n'
            '              server_default=sa.text("gen_random_uuid()")))',
            TABLE,
        ),
        Example('op.execute("ALTER TABLE account ADD lot int DEFAULT (random() * 5)::int")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account ADD lot int DEFAULT drawn()")  # <-', FUNCTIONS),
        Example(
            'op.execute("ALTER TABLE event ADD at timestamptz DEFAULT clock_timestamp()")  # <-',
            "CREATE TABLE event (id int) PARTITION BY LIST (id);"
            "CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1)",
        ),
        Example('op.execute("ALTER TABLE account ADD lot int DEFAULT steady()")', FUNCTIONS),
        Example(
            'op.add_column("account", sa.Column("made", sa.DateTime(timezone=True), server_default=sa.func.now()))\n'
            'op.add_column("account", sa.Column("state", sa.Text, nullable=False, server_default="new"))',
            TABLE,
        ),
        Example(
            'op.add_column("account", sa.Column("token", postgresql.UUID()))\n'
            'op.alter_column("account", "token", server_default=sa.text("gen_random_uuid()"))',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for (table, _, _), column in rewriting(at, "default"):
            default, schema = text(str(column.default)), schema_of(table)
            setting = call("op.alter_column", table.name, column.name, server_default=default, schema=schema)
            steps = [
                ("new rows have the default", [add_column(table, column.name, column.type, column.collate), setting]),
                ("old rows have it, in batches", fill(table, column.name, "DEFAULT")),
                *(not_null(table, [column.name], at.course.trace.version) if column.notnull else ()),
            ]
            yield Hit(
                at,
                lock(at, table.oid, f"while every row is written for the default of {column.name}, {column.default}"),
                "add the column without a default, set the default afterwards, and fill the rows in batches",
                revisions(*steps),
                title(at.old[table.oid]),
                table.oid,
                effects_on(at, table.oid),
            )


RULE = VolatileDefault()
