"""A statement may run without an end.

Without ``statement_timeout`` a statement that takes longer than was thought goes on, with its locks, until somebody
cancels it.

Instead set ``statement_timeout`` in env.py or on the role that migrates, and lift it for the few statements that may
take long.

It does not matter where somebody watches each deployment; the rule is off unless it is switched on. What counts is the
value at the first statement that locks or reads a table which was there before.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE t (a int)"
ADD = 'op.add_column("t", sa.Column("b", sa.Integer))'


class StatementTimeoutMissing(Rule):
    """The first statement of a revision that may take long without a statement_timeout."""

    id, slug, group = "LT109", "statement-timeout-missing", "transaction"
    severity = "note"
    default = False
    examples = (
        Example(f"{ADD}  # <-", TABLE),
        Example(f"op.execute(\"SET LOCAL statement_timeout = '1min'\")\n{ADD}", TABLE),
        Example("op.execute('CREATE TABLE s (a int)')", TABLE),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            used = [*at.blocking, *at.scanned]
            if at.did.observed and not at.did.statement_timeout and used:
                yield Hit(
                    at,
                    f"the statement may use {title(at.old[used[0]])} without an end: statement_timeout is not set",
                    "set statement_timeout in env.py, or on the role that migrates",
                    execute(f"SET {'' if at.did.autocommit else 'LOCAL '}statement_timeout = '1min'"),
                    title(at.old[used[0]]),
                    used[0],
                )
                return


RULE = StatementTimeoutMissing()
