"""A revision ends the transaction that it runs in.

Alembic opens the transaction, and writes in it which revision is reached. COMMIT in the revision, or ``commit()`` on
its connection, keeps what is done so far for good: should a later statement fail, the half of a revision is in the
database, Alembic does not know of it, and the next try stumbles over it. ROLLBACK throws away what Alembic has done
before. BEGIN does nothing there but warn.

Instead leave the transaction to Alembic. What has to be committed by itself stands in an ``autocommit_block``, in a
revision of its own.

It does not matter in an ``autocommit_block``, where there is no other transaction.

https://www.postgresql.org/docs/current/sql-commit.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule

WORDS = {
    "TRANS_STMT_BEGIN": "BEGIN", "TRANS_STMT_START": "START TRANSACTION", "TRANS_STMT_COMMIT": "COMMIT",
    "TRANS_STMT_ROLLBACK": "ROLLBACK", "TRANS_STMT_PREPARE": "PREPARE TRANSACTION",
}  # fmt: skip
BEGINS = ("TRANS_STMT_BEGIN", "TRANS_STMT_START")
ROLLBACK = "TRANS_STMT_ROLLBACK"
HELP = "leave the transaction to Alembic, or put what has to be committed by itself into a revision of its own"


class CommitInRevision(Rule):
    """BEGIN, COMMIT or ROLLBACK outside of an autocommit_block, or the same by Python."""

    id, slug, group = "LT107", "commit-in-revision", "transaction"
    severity = "error"
    aliases = ("TX201", "transaction-nesting")
    examples = (
        Example(
            "op.execute('CREATE TABLE a (x int)')\nop.execute('COMMIT')  # <-\nop.execute('CREATE TABLE b (x int)')"
        ),
        Example("op.execute('BEGIN')  # <-\nop.execute('CREATE TABLE a (x int)')"),
        Example("op.execute('CREATE TABLE a (x int)')\nop.execute('ROLLBACK')  # <-"),
        Example(
            "op.execute('CREATE TABLE a (x int)')\nop.get_bind().commit()\nop.execute('CREATE TABLE b (x int)')  # <-"
        ),
        Example("op.execute('SAVEPOINT one')\nop.execute('CREATE TABLE a (x int)')\nop.execute('RELEASE one')"),
        Example("with op.get_context().autocommit_block():\n    op.execute('BEGIN; CREATE TABLE a (x int); COMMIT')"),
        Example("with op.get_bind().begin_nested():\n    op.execute('CREATE TABLE a (x int)')"),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        before: Moment | None = None
        told = set()
        for at in course.moments:
            if at.did.own_connection:
                continue
            if at.node == "TransactionStmt":
                if not at.did.autocommit and at.did.places not in told and (word := WORDS.get(at.tree.get("kind", ""))):
                    told.add(at.did.places)
                    yield Hit(at, f"{word} {_effect(at.tree['kind'])}", HELP)
            elif (
                before is not None and not before.did.autocommit and not at.did.autocommit
                and before.node != "TransactionStmt" and before.did.transaction != at.did.transaction
            ):  # fmt: skip
                yield Hit(at, f"the transaction of Alembic was ended before this statement, {_since(before)}", HELP)
            before = at


def _effect(kind: str) -> str:
    if kind in BEGINS:
        return "in a transaction does nothing, and the COMMIT that belongs to it would end Alembic's transaction"
    if kind == ROLLBACK:
        return "takes back what Alembic and the revision did before it, and the rest runs without them"
    return "ends Alembic's transaction: what was done so far stays, even if the rest of the revision fails"


def _since(before: Moment) -> str:
    where = f"after line {before.line}" if before.line else "after the statement above it"
    return f"{where}: what was done until then stays, even if the rest of the revision fails"


RULE = CommitInRevision()
