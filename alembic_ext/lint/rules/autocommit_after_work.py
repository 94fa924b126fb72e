"""An autocommit_block commits the half of a revision.

On entering an ``autocommit_block`` Alembic commits what the revision has done so far, but the revision is recorded only
when it has ended. Should a statement in the block fail, as CREATE INDEX CONCURRENTLY well may, the first half is in the
database for good: the next try stumbles over what is there already.

Instead put the block into a revision of its own, or before everything else.

It is a note: the next try says what is there already, and a column before its index is what many guides advise. It is
a warning where rows were inserted without a key, or counted up, and nothing else stands before the block: the next try
does that once more, and nobody is told. It does not matter where what comes before can be done twice, as with IF NOT
EXISTS, or only reads and sets.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed
from alembic_ext.sqltext.parsetree import nodes_in, strings

TABLE = "CREATE TABLE t (a int)"
KEYED = "CREATE TABLE t (a int, b int PRIMARY KEY)"
ADD = 'op.add_column("t", sa.Column("b", sa.Integer))'
BLOCK = 'with op.get_context().autocommit_block():\n    op.execute("VACUUM t")'
LEAVE_NOTHING = frozenset({
    "SelectStmt", "VariableSetStmt", "VariableShowStmt", "ExplainStmt", "LockStmt", "TransactionStmt", "CommentStmt",
    "GrantStmt", "GrantRoleStmt", "AlterOwnerStmt", "DiscardStmt", "ConstraintsSetStmt",
})  # fmt: skip
"""Statements that can be run twice, or of which nothing is left."""
STEPS = frozenset("+-*/%^") | {"||"}
"""Operators by which a value is another one each time."""
REPEATABLE = frozenset({
    "AT_ColumnDefault", "AT_SetNotNull", "AT_DropNotNull", "AT_SetStatistics", "AT_SetRelOptions", "AT_ChangeOwner",
    "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_SetStorage", "AT_ValidateConstraint",
})  # fmt: skip


class AutocommitAfterWork(Rule):
    """What cannot be done twice, and an autocommit_block after it; once in a revision."""

    id, slug, group = "LT108", "autocommit-after-work", "transaction"
    severity = "note"
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
        Example(f'op.execute("INSERT INTO t VALUES (1)")\n{BLOCK}  # <-', TABLE),  # a warning
        Example(f'op.execute("UPDATE t SET a = a * 100 WHERE b = 3")\n{BLOCK}  # <-', KEYED),  # a warning
        Example(f'op.execute("INSERT INTO t (b, a) VALUES (2, 3)")\n{BLOCK}  # <-', KEYED),
        Example(
            f'op.execute("UPDATE t SET a = 1 WHERE b = 3")\nop.execute("DELETE FROM t WHERE b = 4")\n{BLOCK}', KEYED
        ),
        Example(f'op.execute("INSERT INTO t (b) VALUES (1) ON CONFLICT DO NOTHING")\n{BLOCK}', KEYED),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        earlier: list[Moment] = []
        for at in course.moments:
            if at.did.own_connection:
                continue
            if not at.did.autocommit:
                earlier += [] if repeatable(at) else [at]
            elif earlier:
                silent = all(map(done_twice, earlier))
                lines = listed(list(dict.fromkeys(str(one.line) for one in earlier if one.line)))
                what = f"what line{'s' * (not lines.isdigit())} {lines} did" if lines else "what was done before it"
                then = "does that once more" if silent else "stumbles over that"
                yield Hit(
                    at,
                    f"when the autocommit_block begins, {what} is committed, and the revision is not recorded: if it "
                    f"fails, the next upgrade {then}",
                    "put the block into a revision of its own",
                    severity="warning" if silent else None,
                )
                return


def repeatable(at: Moment) -> bool:
    """Whether a statement can be run a second time on what it has done."""
    if at.node in LEAVE_NOTHING or at.did.error:
        return True
    if at.commands:
        return all(kind in REPEATABLE or one.get("missing_ok") for kind, one in at.commands)
    if at.node in ("UpdateStmt", "DeleteStmt", "MergeStmt"):
        return not done_twice(at)
    if at.node == "InsertStmt":
        return "onConflictClause" in at.tree
    return bool(at.tree.get("if_not_exists") or at.tree.get("missing_ok") or at.tree.get("replace")) or (
        at.node == "AlterEnumStmt" and bool(at.tree.get("skipIfNewValExists"))
    )


def done_twice(at: Moment) -> bool:
    """Whether a second run goes well, and does more of the same: rows that no key keeps out, values counted up."""
    if at.node == "InsertStmt":
        return "onConflictClause" not in at.tree and at.table is not None and not keyed(at)
    if at.node != "UpdateStmt" or columns_in(at.tree.get("whereClause")) & given(at):
        return False
    return any(columns_in(one) & given(at) for target in at.tree.get("targetList", ()) for one in steps_in(target))


def keyed(at: Moment) -> bool:
    """Whether an INSERT gives the values of a key, so that a second one is refused."""
    assert at.table
    columns = at.table.columns
    named = {one["ResTarget"]["name"] for one in at.tree.get("cols", ())}
    if not named:  # of those that are named by their order the last ones may be left out
        rows = at.tree.get("selectStmt", {}).get("SelectStmt", {}).get("valuesLists", ())
        count = len(rows[0]["List"]["items"]) if rows else len(columns)
        named = {*list(columns)[:count]}
    keys = [one.columns for one in at.table.constraints.values() if one.type in "pu"]
    keys += [one.as_index.columns for one in at.indexes_of(at.table.oid) if one.as_index and one.as_index.unique]
    return any(0 not in key and named.issuperset(at.table.names(key)) for key in keys)


def given(at: Moment) -> set[str]:
    """The columns that an UPDATE sets."""
    return {one["ResTarget"]["name"] for one in at.tree.get("targetList", ())}


def columns_in(tree: Any) -> set[str]:
    """The columns that are named in a tree."""
    fields = (one.get("fields", ()) for one in nodes_in(tree, "ColumnRef"))
    return {one["String"]["sval"] for some in fields for one in some[-1:] if "String" in one}


def steps_in(tree: Any) -> Iterator[Mapping[str, Any]]:
    """The terms in a tree that make another value of one."""
    return (one for one in nodes_in(tree, "A_Expr") if strings(one["name"])[-1] in STEPS)


RULE = AutocommitAfterWork()
