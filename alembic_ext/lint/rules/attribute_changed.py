"""An attribute of a composite type goes, or gets another type.

The code that is still deployed reads and writes the type as a whole: ``(street, city)::address`` fails, and what is
read has other parts. Functions that name the attribute fail when they are next called.

Instead make another type beside it, or add an attribute, and let the code go over to that.

It does not matter for a type that the same revision creates.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.made import made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule

TYPE = "CREATE TYPE address AS (street text, city text)"


class AttributeChanged(Rule):
    """ALTER TYPE … DROP ATTRIBUTE, ALTER ATTRIBUTE."""

    id, slug, group = "LC216", "attribute-changed", "compatibility"
    worded = True
    examples = (
        Example('op.execute("ALTER TYPE address DROP ATTRIBUTE city")  # <-', TYPE),
        Example('op.execute("ALTER TYPE address ALTER ATTRIBUTE city TYPE varchar(20)")  # <-', TYPE),
        Example('op.execute("ALTER TYPE address ADD ATTRIBUTE zip text")', TYPE),
        Example("op.execute(\"COMMENT ON TYPE address IS 'where'\")", TYPE),
        Example('op.execute("CREATE TYPE fresh AS (a int, b int)")\nop.execute("ALTER TYPE fresh DROP ATTRIBUTE b")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "AlterTableStmt" or at.tree.get("objtype") != "OBJECT_TYPE" or at.did.error:
            return
        name = at.tree["relation"]["relname"]
        for kind, command in at.commands:
            if kind in ("AT_DropColumn", "AT_AlterColumnType") and name not in made_before(at):
                how = "goes" if kind == "AT_DropColumn" else "gets another type"
                yield Hit(
                    at,
                    f"attribute {command['name']} of type {name} {how}, and code that is still deployed fails with it",
                    "make another type beside it, and let the code go over to that",
                    object=f"type {name}",
                    verdict="static",
                )


RULE = AttributeChanged()
