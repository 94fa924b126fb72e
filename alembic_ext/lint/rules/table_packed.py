"""A table is packed anew while nobody can read it.

VACUUM FULL and CLUSTER copy the whole table and all its indexes under an ACCESS EXCLUSIVE lock: reads and writes wait
until that is done, and as much room again is needed on the disk.

Instead let autovacuum reuse the room. Where the table has to become smaller, or sorted, pg_repack does it while others
read and write; it is no part of a migration.

It does not matter for a table with few rows.

https://www.postgresql.org/docs/current/sql-vacuum.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.said import lock, title

VERSION = "alembic_version"
TABLE = "CREATE TABLE account (id int PRIMARY KEY)"


class TablePacked(Rule):
    """VACUUM FULL, CLUSTER."""

    id, slug, group = "LB211", "table-packed", "blocking"
    severity = "error"
    sized = True
    aliases = ("vacuum-full", "cluster")
    examples = (
        Example('op.execute("CLUSTER account USING account_pkey")  # <-', TABLE),
        Example('with op.get_context().autocommit_block():\n    op.execute("VACUUM FULL account")  # <-', TABLE),
        Example('with op.get_context().autocommit_block():\n    op.execute("VACUUM FULL")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account CLUSTER ON account_pkey")', TABLE),
        Example('with op.get_context().autocommit_block():\n    op.execute("VACUUM account")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        options = {one["DefElem"]["defname"] for one in at.tree.get("options", ())}
        if at.node != "ClusterStmt" and not (at.node == "VacuumStmt" and "full" in options):
            return
        word = "CLUSTER" if at.node == "ClusterStmt" else "VACUUM FULL"
        tables = [[oid] for oid in sorted(at.rewritten)]
        named = "relation" in at.tree or bool(at.tree.get("rels"))
        if not named:
            tables = [oids] if (oids := [oid for oid in sorted(at.rewritten) if at.old[oid].name != VERSION]) else []
        for oids in tables:
            rest = f", and of {len(oids) - 1} more tables, one after the other" if len(oids) > 1 else ""
            yield Hit(
                at,
                lock(at, oids[0], f"while {word} copies every row{rest}"),
                "leave it to autovacuum, or use pg_repack outside of migrations",
                object=title(at.old[oids[0]]),
                table=oids[0],
                effects=effects_on(at, *(oids if named else at.rewritten)),
                verdict="static" if at.alone else "observed",
            )


RULE = TablePacked()
