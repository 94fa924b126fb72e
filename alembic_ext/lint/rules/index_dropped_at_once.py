"""An index is dropped while nobody can use its table.

DROP INDEX takes an ACCESS EXCLUSIVE lock on the table of the index. It is held only for a moment, but it has to be
obtained: it waits for every query on the table that runs, and all that come later wait behind it.

Instead drop it with CONCURRENTLY, outside of the transaction; that only waits, and nobody waits for it.

It does not matter for an index that the same revision made, or whose table goes in the same revision, nor where a
statement before has locked the table as strongly: that one has waited. An index of a partitioned table cannot be
dropped concurrently: there a short lock_timeout, and another try, is all that can be done.

https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, call, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import lock, title

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text); CREATE INDEX account_email ON account (email)"


class IndexDroppedAtOnce(Rule):
    """DROP INDEX without CONCURRENTLY on a table that is in use."""

    id, slug, group = "LB103", "index-dropped-at-once", "blocking"
    aliases = ("PG102", "require-concurrent-index-deletion", "ban-drop-index")
    examples = (
        Example('op.drop_index("account_email", "account")  # <-', TABLE),
        Example(
            'op.execute("DROP INDEX event_id")  # <-',
            "CREATE TABLE event (id int) PARTITION BY RANGE (id); CREATE INDEX event_id ON event (id)",
        ),
        Example(
            "with op.get_context().autocommit_block():\n"
            '    op.drop_index("account_email", "account", postgresql_concurrently=True)',
            TABLE,
        ),
        Example('op.execute("DROP INDEX IF EXISTS nothing")', TABLE),
        Example(
            'op.add_column("account", sa.Column("b", sa.Integer))\nop.drop_index("account_email", "account")', TABLE
        ),
        Example(
            'op.drop_index("account_email", "account")  # <-\nop.drop_index("account_other", "account")  # <-',
            f"{TABLE}; CREATE INDEX account_other ON account (email, id)",
        ),
        Example('op.drop_index("account_email", "account")\nop.drop_table("account")', TABLE, also=("table-dropped",)),
        Example(
            'op.create_table("fresh", sa.Column("a", sa.Integer))\n'
            'op.create_index("ix", "fresh", ["a"])\nop.drop_index("ix", "fresh")',
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "DropStmt" or at.tree["removeType"] != "OBJECT_INDEX" or at.alone:
            return
        gone = [one for oid, one in at.before.items() if one.as_index and oid not in at.after]
        for one in gone:
            assert one.as_index
            table = at.old.get(one.as_index.table)
            if table is None or table.oid not in at.course.after or {other.oid for other in gone} & set(one.parents):
                continue
            if _is_locked(at, table.oid):
                continue
            below: list[Effect] = [("lock", other.as_index.table) for other in gone if other.as_index]
            concurrent = call(
                "op.drop_index", one.name, table.name, schema=schema_of(one), if_exists=True,
                postgresql_concurrently=True,
            )  # fmt: skip
            yield Hit(
                at,
                f"{lock(at, table.oid)}, and waits for all queries that run",
                "drop it with CONCURRENTLY, outside of the transaction" if one.kind == "i" else
                "set a short lock_timeout, and try again: an index of a partitioned table cannot be dropped otherwise",
                autocommit([concurrent]) if one.kind == "i" else "",
                title(one),
                table.oid,
                (("lock", table.oid), *below),
            )  # fmt: skip


def _is_locked(at: Moment, table: Oid) -> bool:
    """Whether a statement of another sort has locked the table as strongly, and nothing is left to wait for."""
    first = at.since(table) if "AccessExclusive" in at.held.get(table, ()) else None
    return first is not None and not (first.node == "DropStmt" and first.tree["removeType"] == "OBJECT_INDEX")


RULE = IndexDroppedAtOnce()
