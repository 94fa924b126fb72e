"""A new value of an enum is used in the transaction that adds it.

PostgreSQL refuses that: ``unsafe use of new value``. It may pass unnoticed where the value is used in a function body
or where no row meets it yet, and fail later.

Instead add the value in an ``autocommit_block``, best in a revision of its own, and use it in the next one. Where the
type is new as well, create it with all its values.

It does not matter, from PostgreSQL 17 on, for values of a type that the same transaction creates.

https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, execute
from alembic_ext.lint.moment import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.parsetree import strings
from alembic_ext.sqltext import ident, literal

UNSAFE = "55P04"
SETUP = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'sad')"
ADD = "op.execute(\"ALTER TYPE mood ADD VALUE 'glad'\")"


class EnumValueUsedAtOnce(Rule):
    """ALTER TYPE … ADD VALUE, and a statement after it that fails for that."""

    id, slug, group = "LT106", "enum-value-used-at-once", "transaction"
    severity = "error"
    aliases = ("TX101",)
    examples = (
        Example(f"{ADD}\nop.alter_column('t', 'm', server_default='glad')  # <-", SETUP, also=("upgrade-fails",)),
        Example(f"{ADD}\nop.execute(\"UPDATE t SET m = 'glad' WHERE id = 3\")  # <-", SETUP, also=("upgrade-fails",)),
        Example(ADD, SETUP),
        Example(
            f"with op.get_context().autocommit_block():\n    {ADD}\n"
            "op.execute(\"UPDATE t SET m = 'glad' WHERE id = 3\")",
            SETUP,
        ),
        Example(
            "op.execute(\"CREATE TYPE tone AS ENUM ('low')\")\nop.execute(\"ALTER TYPE tone ADD VALUE 'high'\")\n"
            "op.execute(\"CREATE TABLE s (a tone DEFAULT 'high')\")",
            oldest=17,
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            if at.did.state != UNSAFE:
                continue
            added = [one for one in at.earlier if one.node == "AlterEnumStmt" and "newVal" in one.tree]
            meant = next((one for one in added if f'"{one.tree["newVal"]}"' in at.did.error), None)
            if meant:
                name, value = strings(meant.tree["typeName"]), meant.tree["newVal"]
                where = f"added on line {meant.line}" if meant.line else "added"
                yield Hit(
                    at,
                    f"{literal(value)} is used in the transaction in which it is {where} to type {ident(*name)}: "
                    "PostgreSQL refuses that",
                    "add the value in an autocommit_block, in a revision of its own before this one",
                    autocommit([execute(f"ALTER TYPE {ident(*name)} ADD VALUE {literal(value)}")]),
                    f"type {ident(*name)}",
                )


RULE = EnumValueUsedAtOnce()
