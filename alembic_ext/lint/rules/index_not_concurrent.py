"""An index is built while writes to its table wait.

CREATE INDEX takes a SHARE lock and reads the whole table: INSERT, UPDATE and DELETE wait until the index is built,
which takes minutes on a large table.

Instead build it with CONCURRENTLY, which lets others write meanwhile. That cannot run in a transaction: Alembic's
``autocommit_block`` is the place for it, best in a revision of its own.

It does not matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, call, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.trace import Relation

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text, age int)"


class IndexNotConcurrent(Rule):
    """CREATE INDEX without CONCURRENTLY on a table that is in use."""

    id, slug, group = "LB101", "index-not-concurrent", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG101", "require-concurrent-index-creation")
    examples = (
        Example('op.create_index("ix", "account", ["email"])  # <-', TABLE),
        Example('op.execute("CREATE UNIQUE INDEX ON account ((lower(email)))")  # <-', TABLE),
        Example(
            'op.create_table("fresh", sa.Column("a", sa.Integer))\nop.create_index("ix", "fresh", ["a"])',
        ),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("ix", "account", ["email"], postgresql_concurrently=True)',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "IndexStmt" or at.alone or not at.is_old(at.table):
            return
        assert at.table is not None
        built = [at.after[oid] for oid in sorted(at.built) if at.after[oid].as_index.table == at.table.oid]  # type: ignore[union-attr]
        effects: list[Effect] = [("scan", at.table.oid), ("lock", at.table.oid), *(("build", one.oid) for one in built)]
        yield Hit(
            at,
            lock(at, at.table.oid, "while the index is built", expected="Share"),
            "build it with CONCURRENTLY, outside of the transaction",
            autocommit([_code(one, at.table) for one in built]),
            title(at.table),
            at.table.oid,
            tuple(effects),
            "observed" if at.scanned else "static",
        )


def _code(index: Relation, table: Relation) -> str:
    assert index.as_index
    columns = table.names(index.as_index.columns)
    return call(
        "op.create_index", index.name, table.name, columns, unique=index.as_index.unique or None,
        schema=schema_of(table), postgresql_concurrently=True,
    )  # fmt: skip


RULE = IndexNotConcurrent()
