"""Rows that are there may not be unique.

A unique index or constraint over columns that have values already fails where two rows have the same. Built with
CONCURRENTLY it leaves an invalid index behind then, which refuses further duplicates all the same, and the next try
fails since the index exists.

Instead look for duplicates before, and resolve them; and drop what an earlier try may have left before it is created
concurrently.

Nothing is said where another unique index shows that there are no duplicates, for columns that the revision adds, and
where the index is dropped, if it exists, before it is created. Where the sandbox has no rows, the statement alone says
so; where a project gives it some, and they are not unique, that is an error.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules.concurrent_index_times_out import new_indexes
from alembic_ext.lint.said import listed, title
from alembic_ext.lint.steps import concurrently
from alembic_ext.sqltext import ident

TABLE = "SET lock_timeout = 0; CREATE TABLE account (id int PRIMARY KEY, email text, age int)"
VIOLATED = "23505"
CREATE = 'op.create_index("ix", "account", ["email"], unique=True, postgresql_concurrently=True)'


class UniqueMayFail(Rule):
    """A unique index over columns that have values."""

    id, slug, group = "LB108", "unique-may-fail", "blocking"
    severity = "note"
    aliases = ("MF101",)
    examples = (
        Example(f"with op.get_context().autocommit_block():\n    {CREATE}  # <-", TABLE),
        Example('op.create_unique_constraint("u", "account", ["email", "age"])  # <-', TABLE,
                also=("unique-not-concurrent", "lock-timeout-missing")),
        Example('op.execute("CREATE UNIQUE INDEX ON account (email)")  # <-',
                f"{TABLE}; INSERT INTO account VALUES (1, 'a'), (2, 'a')"),
        Example("with op.get_context().autocommit_block():\n"
                f'    op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix")\n    {CREATE}', TABLE),
        Example('with op.get_context().autocommit_block():\n'
                '    op.create_index("ix", "account", ["email", "id"], unique=True, postgresql_concurrently=True)',
                TABLE),
        Example('op.execute("SET lock_timeout = 1000")\nop.add_column("account", sa.Column("code", sa.Text))\n'
                'with op.get_context().autocommit_block():\n    op.execute("SET lock_timeout = 0")\n'
                '    op.create_index("ix", "account", ["code"], unique=True, postgresql_concurrently=True)', TABLE,
                also=("autocommit-after-work",)),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node not in ("IndexStmt", "AlterTableStmt"):
            return
        if at.did.state == VIOLATED and at.table and at.is_old(at.table):
            yield Hit(
                at,
                f"rows of {title(at.table)} are not unique: {' '.join(at.did.error.split())}",
                "look for duplicates first, and resolve them",
                object=title(at.table),
                table=at.table.oid,
                severity="error",
            )
            return
        for one in new_indexes(at):
            assert one.as_index
            table = at.old[one.as_index.table]
            if not one.as_index.unique or one.as_index.partial or _is_proved(at, one):
                continue
            by_number = {column.number: column for column in table.columns.values()}
            numbers = one.as_index.columns[: one.as_index.keys]
            if any(number and number not in by_number for number in numbers):
                continue
            names = table.names(numbers)
            what = listed(names) if names else "the same expression"
            left = ", and leaves an invalid index" if at.alone else ""
            code = "\n".join(concurrently(at, [one])) if at.alone else ""
            if names and 0 not in numbers:
                columns = ", ".join(map(ident, names))
                query = f"SELECT {columns} FROM {spelled(table)} GROUP BY {columns} HAVING count(*) > 1"
                code = f"# where this finds nothing: {query}\n{code}".strip()
            yield Hit(
                at,
                f"{one.name} fails where two rows of {title(table)} have the same {what}{left}",
                "look for duplicates first" + (", and drop what an earlier try has left" if at.alone else ""),
                code,
                title(table),
                table.oid,
                verdict="static",
            )
            return


def _is_proved(at: Moment, one: Relation) -> bool:
    """Whether there are no duplicates, or a next try can succeed."""
    assert one.as_index
    keys = set(one.as_index.columns[: one.as_index.keys])
    return (at.alone and at.course.dropped_before(at, one.name)) or any(
        other.unique and other.valid and not other.partial and 0 not in other.columns
        and set(other.columns[: other.keys]) <= keys
        for relation in at.indexes_of(one.as_index.table) if (other := relation.as_index)
    )  # fmt: skip


RULE = UniqueMayFail()
