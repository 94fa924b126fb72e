"""A revision reads from the database, so it cannot be written as SQL.

``alembic upgrade --sql`` makes a script without a connection: there is nothing to read from, and the revision fails or
writes half of what it does. Whoever has such a script made for a database administrator cannot pass this revision.

Instead let SQL do what depends on the data: ``UPDATE … FROM``, ``INSERT … SELECT``, ``IF EXISTS``.

It does not matter where nobody uses ``--sql``. The rule is off unless it is switched on.
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule


class ReadsNeedConnection(Rule):
    """The first SELECT that the revision sends over its connection."""

    id, slug, group = "LP103", "reads-need-connection", "project"
    severity = "note"
    default = False
    examples = (
        Example('for one in op.get_bind().exec_driver_sql("SELECT 1"):  # <-\n    op.execute("SELECT 2")'),
        Example("sa.inspect(op.get_bind()).get_table_names()  # <-"),
        Example("op.execute(\"SELECT setval('s', 1, false)\")", "CREATE SEQUENCE s", also=("sequence-set-back",)),
        Example('op.create_table("t", sa.Column("a", sa.Enum("x", name="e")))', also=("primary-key-missing",)),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            if at.did.direct and at.node in ("SelectStmt", "VariableShowStmt") and not at.did.own_connection:
                yield Hit(
                    at,
                    "the revision reads from the database: alembic upgrade --sql cannot write it down",
                    "let SQL do what depends on the data",
                )
                return


RULE = ReadsNeedConnection()
