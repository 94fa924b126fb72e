"""A table or an index is copied to another tablespace.

SET TABLESPACE copies all of it under an ACCESS EXCLUSIVE lock: reads and writes wait until that is done, and on an
index those that would use it.

Instead move an index with REINDEX (TABLESPACE …, CONCURRENTLY), and a table with pg_repack, or fill a new table in
batches.

It does not matter for what is small, nor where it is in that tablespace already.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-TABLESPACE
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule, effects_on
from alembic_ext.lint.said import lock, title
from alembic_ext.sqltext import ident

TABLE = "CREATE TABLE account (id int PRIMARY KEY)"


class TablespaceChanged(Rule):
    """SET TABLESPACE that copies."""

    id, slug, group = "LB212", "tablespace-changed", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.execute("ALTER TABLE account SET TABLESPACE fast")  # <-', TABLE, also=("upgrade-fails",)),
        Example('op.execute("ALTER INDEX account_pkey SET TABLESPACE fast")  # <-', TABLE, also=("upgrade-fails",)),
        Example('op.execute("ALTER TABLE account SET TABLESPACE pg_default")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        spaces = [command["name"] for word, command in at.commands if word == "AT_SetTableSpace"]
        what = at.table
        if not spaces or what is None or what.oid not in at.old:
            return
        moved = at.family(what.oid) & (at.rewritten | at.built)
        if not moved and not at.did.error:
            return
        table = what.as_index.table if what.as_index else what.oid
        explained: tuple[Effect, ...] = (("build", what.oid), ("lock", what.oid), ("lock", table))
        move = f"REINDEX (TABLESPACE {ident(spaces[0])}, CONCURRENTLY) INDEX {spelled(what)}"
        yield Hit(
            at,
            lock(at, what.oid, f"while it is copied to the tablespace {spaces[0]}"),
            "use REINDEX with CONCURRENTLY and TABLESPACE, outside of the transaction" if what.as_index
            else "move it with pg_repack outside of migrations, or fill a new table in batches",
            autocommit([execute(move)]) if what.as_index else "",
            title(at.old[what.oid]),
            table,
            explained if what.as_index else effects_on(at, what.oid),
            "observed" if moved else "static",
        )  # fmt: skip


RULE = TablespaceChanged()
