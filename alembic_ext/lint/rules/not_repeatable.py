"""A statement that commits at once cannot be run again.

In an ``autocommit_block`` each statement is committed as it ends. If a later one fails, the revision is not marked as
applied, and the next try begins with what is there already: CREATE fails since it exists, DROP since it does not.

Instead say IF NOT EXISTS or IF EXISTS in such blocks. An index that is built CONCURRENTLY is dropped before, since what
is left of a failed build is not valid.

It does not matter where the block has one statement only, and is a revision of its own: nothing is said then. The rule
is off unless it is switched on.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text)"
BLOCK = "with op.get_context().autocommit_block():\n"
_GUARDS = {
    "IndexStmt": "if_not_exists", "CreateStmt": "if_not_exists", "CreateSeqStmt": "if_not_exists",
    "CreateSchemaStmt": "if_not_exists", "CreateExtensionStmt": "if_not_exists", "DropStmt": "missing_ok",
}  # fmt: skip
_PARTS = ("AT_AddColumn", "AT_DropColumn", "AT_DropConstraint")


class NotRepeatable(Rule):
    """CREATE, DROP, ADD COLUMN, DROP COLUMN without IF [NOT] EXISTS in an autocommit block."""

    id, slug, group = "LC113", "not-repeatable", "transaction"
    severity = "note"
    default = False
    aliases = ("prefer-robust-stmts",)
    examples = (
        Example(
            f'{BLOCK}    op.execute("ALTER TABLE account ADD COLUMN a int")  # <-\n'
            '    op.execute("ALTER TABLE account ADD COLUMN IF NOT EXISTS b int")',
            TABLE,
        ),
        Example(
            f'{BLOCK}    op.execute("CREATE TABLE a (id int)")  # <-\n    op.execute("CREATE TABLE b (id int)")  # <-'
        ),
        Example(f'{BLOCK}    op.execute("ALTER TABLE account ADD COLUMN a int")', TABLE),
        Example(
            'op.execute("ALTER TABLE account ADD COLUMN a int")\nop.execute("ALTER TABLE account ADD COLUMN b int")',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        work = [one for one in at.course.moments if one.node not in ("VariableSetStmt", "SelectStmt")]
        if not at.did.autocommit or len(work) < 2:
            return
        guard = _GUARDS.get(at.node, "")
        bare = [word for word, command in at.commands if word in _PARTS and not command.get("missing_ok")]
        if (guard and not at.tree.get(guard)) or bare:
            yield Hit(
                at,
                "the statement is committed at once, and fails if the revision has to be run again",
                "say IF NOT EXISTS" if guard == "if_not_exists" or "AT_AddColumn" in bare else "say IF EXISTS",
            )


RULE = NotRepeatable()
