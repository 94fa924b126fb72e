"""An index is built while writes to its table wait.

CREATE INDEX takes a SHARE lock and reads the whole table: INSERT, UPDATE and DELETE wait until the index is built,
which takes minutes on a large table. Where the transaction has changed the table before, it even holds an ACCESS
EXCLUSIVE lock meanwhile, and SELECT waits as well.

Instead build it with CONCURRENTLY, which lets others write meanwhile. That cannot run in a transaction: Alembic's
``autocommit_block`` is the place for it, best in a revision of its own.

On a materialized view it is only a note: nobody writes to one but REFRESH, and who reads does not wait. It does not
matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import concurrently

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text, age int)"


class IndexNotConcurrent(Rule):
    """CREATE INDEX without CONCURRENTLY on a table that is in use."""

    id, slug, group = "LB101", "index-not-concurrent", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG101", "require-concurrent-index-creation")
    examples = (
        Example('op.create_index("ix", "account", ["email"])  # <-', TABLE),
        Example(
            'op.execute("CREATE INDEX ON account ((lower(email)), age DESC) INCLUDE (id) WHERE age > 5")  # <-',
            TABLE,
        ),
        Example('op.execute("CREATE INDEX ON stock USING gin (parts)")  # <-', "CREATE TABLE stock (parts int[])"),
        Example('op.execute("CREATE INDEX ON total (n)")  # <-', "CREATE MATERIALIZED VIEW total AS SELECT 1 AS n"),
        Example(
            'op.create_table("fresh", sa.Column("a", sa.Integer))\nop.create_index("ix", "fresh", ["a"])',
        ),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("SET lock_timeout = 0")\n'
            '    op.create_index("ix", "account", ["email"], postgresql_concurrently=True)',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "IndexStmt" or at.alone or not at.is_old(at.table) or at.did.error:
            return
        assert at.table is not None
        if at.table.kind == "p":
            return  # another rule's
        built = [at.after[oid] for oid in sorted(at.built)]
        if not built and at.did.observed:
            return  # IF NOT EXISTS
        refreshed = at.table.kind == "m" and not at.stopped(at.table.oid)
        yield Hit(
            at,
            f"a REFRESH of {title(at.table)} waits while the index is built" if refreshed
            else lock(at, at.table.oid, "while the index is built", expected="Share"),
            "build it with CONCURRENTLY, outside of the transaction",
            "\n".join(concurrently(at, built)),
            title(at.table),
            at.table.oid,
            effects(at, "scan", "build", "lock"),
            "observed" if at.scanned else "static",
            "note" if refreshed else None,
        )  # fmt: skip


RULE = IndexNotConcurrent()
