"""The rows of a table are lost when the server crashes.

What is written to an UNLOGGED table is not written to the log: after a crash the table is empty, and replicas never
see a row of it.

Instead leave the table logged. To write faster, commit less often, or let the session go on with synchronous_commit
off.

It does not matter for rows that can be made again at any time: then ignore this finding, and say so there.

https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-UNLOGGED
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title


class UnloggedTable(Rule):
    """CREATE UNLOGGED TABLE, SET UNLOGGED."""

    id, slug, group = "LD108", "unlogged-table", "data loss"
    examples = (
        Example('op.create_table("visit", sa.Column("id", sa.Integer), prefixes=["UNLOGGED"])  # <-'),
        Example(
            'op.execute("ALTER TABLE visit SET UNLOGGED")  # <-', "CREATE TABLE visit (id int)",
            also=("logging-changed",),
        ),
        Example('op.execute("ALTER TABLE visit ADD a int")', "CREATE UNLOGGED TABLE visit (id int)"),
        Example('op.create_table("visit", sa.Column("id", sa.Integer))'),
        Example('op.execute("CREATE TEMPORARY TABLE visit (id int)")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            then = at.before.get(oid)
            if now.is_table and now.persistence == "u" and (then is None or then.persistence != "u"):
                yield Hit(
                    at,
                    f"{title(now)} is unlogged: after a crash it is empty, and replicas have no row of it",
                    "leave the table logged",
                    execute(f"ALTER TABLE {spelled(now)} SET LOGGED") if then else "",
                    title(now),
                    oid,
                )


RULE = UnloggedTable()
