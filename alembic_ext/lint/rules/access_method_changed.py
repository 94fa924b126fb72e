"""A table gets another access method, and every row is written anew.

SET ACCESS METHOD copies the whole table and builds all its indexes under an ACCESS EXCLUSIVE lock: reads and writes
wait until that is done.

Instead create a new table with the access method, fill it in batches, and switch to it.

It does not matter for a table with few rows, nor where it has that access method already.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-ACCESS-METHOD
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import revisions
from alembic_ext.sqltext import ident

TABLE = "CREATE TABLE account (id int PRIMARY KEY)"
METHOD = "CREATE ACCESS METHOD another TYPE TABLE HANDLER heap_tableam_handler"


class AccessMethodChanged(Rule):
    """SET ACCESS METHOD."""

    id, slug, group = "LB213", "access-method-changed", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG311",)
    examples = (
        Example('op.execute("ALTER TABLE account SET ACCESS METHOD another")  # <-', f"{TABLE}; {METHOD}", oldest=15),
        Example('op.execute("ALTER TABLE account SET ACCESS METHOD heap")', TABLE, oldest=15),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        names = [command["name"] for word, command in at.commands if word == "AT_SetAccessMethod" and "name" in command]
        for oid in sorted(at.rewritten) if names else ():
            table = at.after[oid]
            new = ident(table.schema if table.schema != "public" else "", f"{table.name}_new")
            yield Hit(
                at,
                lock(at, oid, f"while every row is written with the access method {names[0]}"),
                "create a new table with it, fill it in batches, and switch to it",
                revisions(
                    (
                        "a table beside the old one",
                        [execute(f"CREATE TABLE {new} (LIKE {spelled(table)} INCLUDING ALL) USING {ident(names[0])}")],
                    ),
                    (
                        "once all rows are there",
                        [
                            execute(f"ALTER TABLE {spelled(table)} RENAME TO {ident(f'{table.name}_old')}"),
                            execute(f"ALTER TABLE {new} RENAME TO {ident(table.name)}"),
                        ],
                    ),
                ),
                title(at.old[oid]),
                oid,
                effects_on(at, oid),
            )


RULE = AccessMethodChanged()
