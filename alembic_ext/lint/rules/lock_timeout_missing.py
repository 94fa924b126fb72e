"""A strong lock is waited for without an end, and everybody queues behind it.

A statement that asks for a lock has to wait for every transaction that uses the table, be it one long SELECT. While it
waits, all that come later wait behind it, even those that would not wait for each other: one forgotten session, and
the table stands still. So does one that holds its lock for an instant only: ADD COLUMN, CREATE TRIGGER, CREATE OR
REPLACE VIEW, ALTER TABLE … OWNER TO.

Instead set ``lock_timeout`` to a few seconds before the first statement, best in env.py for all revisions or on the
role that migrates: the statement fails instead, nothing has happened, and it is tried again. docs/lint.md has the lines
for env.py. ``alembic_ext={"lock_timeout": …}`` there is another thing, and sets nothing for revisions.

Where none of the revisions that are judged has or sets one, a line in env.py is missing, or the tool that deploys them
sets it: then it is a note. It is a warning where a revision does without what others have, or takes it back.

It does not matter for a table that the same revision creates. What counts is the value at the moment of the statement,
whoever has set it: env.py, the role, the database or the revision. The revisions that are judged at once are one
upgrade, in which SET holds for those that follow; what older ones have SET does not. A short ``statement_timeout`` ends
the wait, too.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alembic_ext.lint.code import call
from alembic_ext.lint.course import Course
from alembic_ext.lint.modes import STOPS_READS
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import lock, title

LONGEST = 60.0
"""Seconds for which the users of a table may wait for somebody else's lock."""
TABLE = "CREATE TABLE t (a int)"
OFF = f"SET lock_timeout = 0; {TABLE}"
ADD = 'op.add_column("t", sa.Column("b", sa.Integer))'


class LockTimeoutMissing(Rule):
    """The first strong lock of a revision that is asked for without a lock_timeout."""

    id, slug, group = "LB004", "lock-timeout-missing", "blocking"
    severity = "warning"
    aliases = ("require-timeout-settings",)
    examples = (
        Example(f"{ADD}  # <-\nop.drop_column('t', 'b')", OFF),
        Example(f'{ADD}  # <-\nop.execute("SET lock_timeout = 1000")', OFF),
        Example(f"op.execute(\"SET lock_timeout = '5s'\")\n{ADD}", OFF),
        Example(f'op.execute("RESET lock_timeout")\n{ADD}  # <-', TABLE),
        Example(f"op.execute(\"SET lock_timeout = '10min'\")\n{ADD}  # <-", TABLE),
        Example(f"op.execute(\"SET statement_timeout = '10s'\")\n{ADD}\nop.execute('RESET statement_timeout')", OFF),
        Example(
            "with op.get_context().autocommit_block():\n"
            "    op.execute(\"SET LOCAL lock_timeout = '5s'\")\n"
            f"    {ADD}  # <-",
            OFF,
        ),
        Example(
            f"op.execute(\"SET LOCAL lock_timeout = '5s'\")\n{ADD}\n"
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("i", "t", ["a"], postgresql_concurrently=True)\n'
            'op.execute("CREATE POLICY p ON t")  # <-',
            OFF,
            also=("autocommit-after-work",),
        ),
        Example("op.execute('CREATE TABLE u (a int)')\nop.execute('ALTER TABLE u ADD b int')", OFF),
        Example(
            "op.execute('CREATE TABLE u (a int REFERENCES p)')  # <-",
            "SET lock_timeout = 0; CREATE TABLE p (a int PRIMARY KEY)",
            also=("new-table-references",),
        ),
        Example(
            "op.execute('ALTER TABLE t ALTER a SET STATISTICS 500')\nop.execute(\"COMMENT ON TABLE t IS 'x'\")\n"
            "op.execute('ALTER TABLE t SET (fillfactor = 80)')\nop.execute('INSERT INTO t VALUES (1)')",
            OFF,
        ),
        Example(
            "op.execute('CREATE OR REPLACE VIEW v AS SELECT a, 1 AS b FROM t')  # <-",
            f"{OFF}; CREATE VIEW v AS SELECT a FROM t",
        ),
        Example("op.execute('CREATE POLICY p ON t')  # <-", OFF),
        Example("op.execute('ALTER TABLE t OWNER TO CURRENT_USER')  # <-", OFF),
    )

    def lacks_everywhere(self, courses: Sequence[Course]) -> bool:
        return not any(
            at.did.lock_timeout or (at.node == "VariableSetStmt" and at.tree.get("name") == "lock_timeout")
            for course in courses
            for at in course.moments
        )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            limits = [one for one in (at.did.lock_timeout, at.did.statement_timeout) if one]
            if at.did.observed and min(limits, default=LONGEST + 1) > LONGEST and (oid := _strong(at)):
                seconds = at.did.lock_timeout
                value = "is not set" if not seconds else f"is {_long(seconds)}"
                yield Hit(
                    at,
                    f"{lock(at, oid)}: lock_timeout {value}, and all others queue behind the wait for it",
                    "set lock_timeout to a few seconds before it, best in env.py or on the role that migrates",
                    call("op.execute", f"SET {'' if at.did.autocommit else 'LOCAL '}lock_timeout = '5s'"),
                    title(at.old[oid]),
                    oid,
                )
                return


def _strong(at: Moment) -> Oid:
    """The relation whose users have to wait; 0 where none have."""
    indexes = [oid for oid, mode in at.taken.items() if at.old[oid].kind in "iI" and mode in STOPS_READS]
    stopped = [oid for oid in at.blocking if at.stopped(oid)]
    named = at.table.oid if at.table else 0
    return named if named in stopped else next(iter([*stopped, *indexes]), 0)


def _long(seconds: float) -> str:
    return f"{seconds / 60:g} minutes"


RULE = LockTimeoutMissing()
