"""An autocommit_block commits the half of a revision.

On entering an ``autocommit_block`` Alembic commits what the revision has done so far, but the revision is recorded only
when it has ended. Should a statement in the block fail, as CREATE INDEX CONCURRENTLY well may, the first half is in the
database for good: the next try stumbles over what is there already.

Instead put the block into a revision of its own, or before everything else.

It does not matter where what comes before can be done twice, as with IF NOT EXISTS, or only reads and sets.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Course, Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed

TABLE = "CREATE TABLE t (a int)"
ADD = 'op.add_column("t", sa.Column("b", sa.Integer))'
BLOCK = 'with op.get_context().autocommit_block():\n    op.execute("VACUUM t")'
LEAVE_NOTHING = frozenset({
    "SelectStmt", "VariableSetStmt", "VariableShowStmt", "ExplainStmt", "LockStmt", "TransactionStmt", "CommentStmt",
    "GrantStmt", "GrantRoleStmt", "AlterOwnerStmt", "DiscardStmt", "ConstraintsSetStmt",
})  # fmt: skip
"""Statements that can be run twice, or of which nothing is left."""
REPEATABLE = frozenset({
    "AT_ColumnDefault", "AT_SetNotNull", "AT_DropNotNull", "AT_SetStatistics", "AT_SetRelOptions", "AT_ChangeOwner",
    "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_SetStorage", "AT_ValidateConstraint",
})  # fmt: skip


class AutocommitAfterWork(Rule):
    """What cannot be done twice, and an autocommit_block after it; once in a revision."""

    id, slug, group = "LT108", "autocommit-after-work", "transaction"
    examples = (
        Example(f"{ADD}\n{BLOCK}  # <-", TABLE),
        Example(f'op.execute("CREATE TABLE s (a int)")\n{BLOCK}  # <-', TABLE),
        Example(f"{BLOCK}\n{ADD}", TABLE),
        Example(f'op.execute("ALTER TABLE t ADD COLUMN IF NOT EXISTS b int")\n{BLOCK}', TABLE),
        Example(
            f'op.execute("SET lock_timeout = 0")\nop.execute("CREATE OR REPLACE VIEW v AS SELECT a FROM t")\n{BLOCK}',
            TABLE,
        ),
        Example(
            f'op.execute("COMMENT ON TABLE t IS \'x\'")\nop.alter_column("t", "a", server_default="1")\n{BLOCK}', TABLE
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        earlier: list[Moment] = []
        for at in course.moments:
            if at.did.own_connection:
                continue
            if not at.did.autocommit:
                earlier += [] if repeatable(at) else [at]
            elif earlier:
                lines = listed(list(dict.fromkeys(str(one.line) for one in earlier if one.line)))
                what = f"what line{'s' * (not lines.isdigit())} {lines} did" if lines else "what was done before"
                yield Hit(
                    at,
                    f"the autocommit_block commits {what}, before the revision is recorded: if it fails, the next "
                    "upgrade stumbles over that",
                    "put the block into a revision of its own",
                )
                return


def repeatable(at: Moment) -> bool:
    """Whether a statement can be run a second time on what it has done."""
    if at.node in LEAVE_NOTHING or at.did.error:
        return True
    if at.commands:
        return all(kind in REPEATABLE or one.get("missing_ok") for kind, one in at.commands)
    return bool(at.tree.get("if_not_exists") or at.tree.get("missing_ok") or at.tree.get("replace")) or (
        at.node == "AlterEnumStmt" and bool(at.tree.get("skipIfNewValExists"))
    )


RULE = AutocommitAfterWork()
