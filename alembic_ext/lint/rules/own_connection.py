"""A revision opens a connection of its own.

What runs there is not part of Alembic's transaction: it is committed by itself, it may wait for ever for a lock that
the transaction of the revision holds, it does not see what that has done, and ``upgrade --sql`` knows nothing of it.
Nor could it be judged here: what it would lock was not seen.

What is sent over the driver's own cursor (``op.get_bind().connection.cursor()``) is in that transaction, but past
SQLAlchemy: ``upgrade --sql`` does not write it. What it did was seen, and is judged. For COPY there is no other way:
it is a note.

Instead use ``op.execute`` or ``op.get_bind()``; for what has to be committed by itself an ``autocommit_block``.

It does not matter for a connection to another database that is only read.
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule


class OwnConnection(Rule):
    """Statements on another connection than Alembic's; once in a revision."""

    id, slug, group = "LP104", "own-connection", "project"
    examples = (
        Example(
            "with op.get_bind().engine.connect() as own:\n"
            '    own.exec_driver_sql("SELECT 1")  # <-\n'
            '    own.exec_driver_sql("SELECT 2")'
        ),
        Example('op.get_bind().exec_driver_sql("SELECT 1")'),
        Example('op.get_bind().connection.cursor().execute("SELECT 1")'),
        Example(
            'op.get_bind().connection.cursor().execute("COMMENT ON TABLE t IS NULL")  # <-', "CREATE TABLE t (a int)"
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            if at.did.own_connection:
                yield Hit(
                    at,
                    "the revision opens a connection of its own: what runs there is outside of Alembic's transaction, "
                    "and was not judged",
                    "use op.execute or op.get_bind()",
                )
                return
            if not at.did.sql or (at.did.past and at.node != "SelectStmt"):
                yield Hit(
                    at,
                    "the revision sends something past SQLAlchemy, over the driver's own cursor: "
                    "upgrade --sql has nothing of it",
                    "use op.execute or op.get_bind()",
                    severity="note",
                )
                return


RULE = OwnConnection()
