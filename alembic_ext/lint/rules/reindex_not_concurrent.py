"""An index is built anew while its table cannot be written, and mostly not be read either.

REINDEX takes a SHARE lock on the table, which stops writes, and an ACCESS EXCLUSIVE lock on the index that it builds
anew: the planner looks at every index of a table, and so nearly every SELECT on the table waits as well.

Instead use REINDEX … CONCURRENTLY, outside of the transaction, and outside of migrations if it can be: nothing of the
model changes.

It does not matter for tables with few rows.

https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import patiently
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text); CREATE INDEX account_email ON account (email)"


class ReindexNotConcurrent(Rule):
    """REINDEX without CONCURRENTLY on a table that is in use."""

    id, slug, group = "LB104", "reindex-not-concurrent", "blocking"
    severity = "error"
    sized = True
    aliases = ("require-concurrent-reindex",)
    examples = (
        Example('op.execute("REINDEX INDEX account_email")  # <-', TABLE),
        Example('op.execute("REINDEX TABLE account")  # <-', TABLE),
        Example('with op.get_context().autocommit_block():\n    op.execute("REINDEX SCHEMA public")  # <-', TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.execute("SET lock_timeout = 0")\n'
            '    op.execute("REINDEX TABLE CONCURRENTLY account")',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "ReindexStmt" or is_concurrent(at.tree) or not at.built or at.did.error:
            return
        found = {index.as_index.table for oid in at.built if (index := at.after[oid]).as_index}
        tables = sorted(found, key=lambda oid: (at.old[oid].name == "alembic_version", oid))
        named = at.tree.get("relation")
        name = ident(named.get("schemaname", ""), named["relname"]) if named else ident(at.tree.get("name", ""))
        word = f"{at.tree['kind'].removeprefix('REINDEX_OBJECT_')} CONCURRENTLY {name}"
        yield Hit(
            at,
            f"{lock(at, tables[0], expected='Share')}, and one on its indexes, which stops reads, while they are built "
            "anew",
            "use REINDEX CONCURRENTLY, outside of the transaction",
            "\n".join(patiently(at, [execute(f"REINDEX {word}")])),
            title(at.old[tables[0]]),
            tables[0],
            effects(at, "scan", "build", "lock"),
        )


def is_concurrent(tree: Node) -> bool:
    """Whether a REINDEX says CONCURRENTLY."""
    return any(one["DefElem"]["defname"] == "concurrently" for one in tree.get("params", ()))


RULE = ReindexNotConcurrent()
