"""A materialized view is refreshed while nobody can read it.

REFRESH MATERIALIZED VIEW takes an ACCESS EXCLUSIVE lock on the view and runs its whole query. With NO DATA the view is
empty afterwards, and reads of it fail.

Instead say CONCURRENTLY: others read the old rows until the new ones are there. That needs a unique index on columns
of the view, without WHERE. Better still let a job do it: a migration need not wait for it.

To drop it and make it again in one transaction keeps readers waiting as long.

It does not matter for a view that the same revision creates, nor where its query is quick.

https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute, schema_of, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import lock, title

VIEW = "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; "
UNIQUE = "CREATE UNIQUE INDEX ON m (a)"


class RefreshNotConcurrent(Rule):
    """REFRESH MATERIALIZED VIEW of an old view, without CONCURRENTLY."""

    id, slug, group = "LB305", "refresh-not-concurrent", "blocking"
    sized = True
    examples = (
        Example('op.execute("REFRESH MATERIALIZED VIEW m")  # <-', VIEW),
        Example('op.execute("REFRESH MATERIALIZED VIEW m")  # <-', VIEW + UNIQUE),
        Example('op.execute("REFRESH MATERIALIZED VIEW m WITH NO DATA")  # <-', VIEW),
        Example('op.execute("DROP MATERIALIZED VIEW m")\n'
                'op.execute("CREATE MATERIALIZED VIEW m AS SELECT a FROM t WHERE a > 0")  # <-', VIEW),
        Example('op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY m")', VIEW + UNIQUE),
        Example('op.execute("CREATE MATERIALIZED VIEW n AS SELECT 1")\nop.execute("REFRESH MATERIALIZED VIEW n")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if found := _made_again(at):
            yield Hit(
                at,
                f"{title(found)} is dropped and made again in one transaction: nobody can read it while its query "
                "runs, nor until the transaction ends",
                "make the new one beside it, and swap the names once it is filled",
                "\n".join([
                    f"# once {found.name}_new is filled, and has the indexes of the other:",
                    execute(f"DROP MATERIALIZED VIEW {spelled(found)}"),
                    execute(f"ALTER MATERIALIZED VIEW {spelled(found)}_new RENAME TO {found.name}"),
                ]),
                title(found),
                found.oid,
                tuple(("scan", oid) for oid in at.scanned),
            )  # fmt: skip
            return
        if at.node != "RefreshMatViewStmt" or at.tree.get("concurrent") or at.table is None or not at.is_old(at.table):
            return
        view = at.table
        built: list[Effect] = [("build", one.oid) for one in at.indexes_of(view.oid, before=False)]
        empty = at.tree.get("skipData")
        indexes = [one.as_index for one in at.indexes_of(view.oid) if one.as_index]
        unique = any(one.unique and one.valid and not one.partial and all(one.columns) for one in indexes)
        lines = [execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {spelled(view)}")]
        if not unique:
            names = list(view.columns)[:1] or ["id"]
            index = call("op.create_index", f"{view.name}_key", view.name, names, unique=True, schema=schema_of(view))
            lines = ["# on columns that tell the rows apart:", index, *lines]
        after = "; afterwards it is empty, and reads of it fail" if empty else ""
        yield Hit(
            at,
            lock(at, view.oid, "while it is emptied" if empty else "while its query runs") + after,
            "refresh it with CONCURRENTLY" + ("" if unique else ", for which it needs a unique index"),
            "\n".join(lines),
            title(view),
            view.oid,
            (("rewrite", view.oid), ("scan", view.oid), ("lock", view.oid), *built),
            severity="error" if empty else None,
        )


def _made_again(at: Moment) -> Relation | None:
    """The old view that was dropped, where it is made again and filled."""
    if at.node != "CreateTableAsStmt" or at.tree.get("objtype") != "OBJECT_MATVIEW" or not at.scanned:
        return None
    if any(oid in at.before for oid in at.holding):
        return None  # others have to wait meanwhile, which another rule tells
    into = at.tree["into"]
    name, schema = into["rel"]["relname"], into["rel"].get("schemaname")
    return next((
        one for earlier in at.earlier for one in earlier.gone
        if one.kind == "m" and one.name == name and schema in (None, one.schema)
    ), None) if not into.get("skipData") else None  # fmt: skip


RULE = RefreshNotConcurrent()
