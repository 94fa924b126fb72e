"""A table becomes logged or unlogged, and every row is written anew.

SET UNLOGGED and SET LOGGED copy the whole table with its indexes under an ACCESS EXCLUSIVE lock: reads and writes wait
until that is done; SET LOGGED writes all of it into the log as well, from where it goes to each replica.

Instead create a new table as it shall be, fill it in batches, and switch to it.

It does not matter for a table with few rows, nor for a table that the same revision creates.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-LOGGED-UNLOGGED
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule, effects_on
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import revisions
from alembic_ext.sqltext import ident

TABLE = "CREATE TABLE account (id serial); CREATE UNLOGGED TABLE visit (id int)"


class LoggingChanged(Rule):
    """SET LOGGED, SET UNLOGGED."""

    id, slug, group = "LB210", "logging-changed", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG307",)
    examples = (
        Example('op.execute("ALTER TABLE account SET UNLOGGED")  # <-', TABLE, also=("unlogged-table",)),
        Example('op.execute("ALTER TABLE visit SET LOGGED")  # <-', TABLE),
        Example('op.execute("ALTER TABLE account SET LOGGED")', TABLE),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.execute("ALTER TABLE fresh SET LOGGED")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid in sorted(at.rewritten):
            now, then = at.after[oid], at.before[oid]
            if now.persistence == then.persistence:
                continue
            word = "UNLOGGED" if now.persistence == "u" else "LOGGED"
            others: list[Effect] = [("lock", one) for one in at.blocking if at.old[one].kind == "S"]
            yield Hit(
                at,
                lock(at, oid, f"while every row is written, to make it {word}"),
                "create a new table, fill it in batches, and switch to it",
                _steps(now),
                title(at.old[oid]),
                oid,
                (*effects_on(at, oid), *others),
            )


def _steps(table: Relation) -> str:
    new = ident(table.schema if table.schema != "public" else "", f"{table.name}_new")
    word = "UNLOGGED " if table.persistence == "u" else ""
    return revisions(
        ("a table beside the old one", [execute(f"CREATE {word}TABLE {new} (LIKE {spelled(table)} INCLUDING ALL)")]),
        (
            "once all rows are there",
            [
                execute(f"ALTER TABLE {spelled(table)} RENAME TO {ident(f'{table.name}_old')}"),
                execute(f"ALTER TABLE {new} RENAME TO {ident(table.name)}"),
            ],
        ),
    )


RULE = LoggingChanged()
