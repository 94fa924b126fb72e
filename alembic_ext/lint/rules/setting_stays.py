"""A setting stays in force for the revisions that come after it.

SET without LOCAL holds for the whole session: ``alembic upgrade head`` runs all revisions in one, so each later one
runs under it, and only where both are applied at once. What works there may fail where they are applied one by one.
With another search_path Alembic does not even find its own table.

Instead say SET LOCAL, which ends with the transaction, or RESET it at the end; in an ``autocommit_block`` only RESET
helps.

It does not matter for lock_timeout, statement_timeout and the like: that they stay is rather meant.

https://www.postgresql.org/docs/current/sql-set.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call
from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule

SET = "op.execute(\"SET work_mem = '64MB'\")"


class SettingStays(Rule):
    """SET of the session that is not taken back."""

    id, slug, group = "LT113", "setting-stays", "transaction"
    severity = "note"
    examples = (
        Example(f"{SET}  # <-"),
        Example("op.execute(\"SET LOCAL work_mem = '64MB'\")"),
        Example(f"{SET}\nop.execute('RESET work_mem')"),
        Example(f"{SET}\nop.execute('RESET ALL')\nop.execute(\"SET lock_timeout = '5s'\")"),
        Example("op.execute(\"SET lock_timeout = '3s'\")"),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            name = at.tree.get("name", "")
            if at.node != "VariableSetStmt" or at.tree.get("kind") not in ("VAR_SET_VALUE", "VAR_SET_MULTI"):
                continue
            if at.tree.get("is_local") or name.endswith("timeout") or name == "application_name" or not name:
                continue
            after = [one.tree for one in course.moments[at.number + 1 :] if one.node == "VariableSetStmt"]
            if any(one.get("kind") == "VAR_RESET_ALL" or one.get("name") == name for one in after):
                continue
            yield Hit(
                at,
                f"{name} stays as it is set here for all later revisions of the same upgrade",
                "say SET LOCAL, or RESET it at the end",
                "" if at.did.autocommit else call("op.execute", at.did.sql.replace("SET ", "SET LOCAL ", 1)),
                verdict="static",
            )


RULE = SettingStays()
