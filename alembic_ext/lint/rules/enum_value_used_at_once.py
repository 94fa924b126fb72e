"""A new value of an enum is used in the transaction that adds it.

PostgreSQL refuses that: ``unsafe use of new value``. It may pass unnoticed where the value is used in a function body
or where no row meets it yet, and fail later: that a DO block or a function that is called has the value in its code is
a warning.

Instead add the value in an ``autocommit_block``, best in a revision of its own, and use it in the next one. Where the
type is new as well, create it with all its values.

It does not matter, from PostgreSQL 17 on, for values of a type that the same transaction creates.

https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bodies import constants
from alembic_ext.lint.code import autocommit, execute
from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import strings

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
        Example(
            f"{ADD}\nop.execute(\"DO $$BEGIN IF EXISTS (SELECT FROM t) THEN UPDATE t SET m = 'glad' WHERE id = 3; "
            'END IF; END$$")  # <-',
            SETUP,
        ),
        Example(
            f'{ADD}\nop.execute("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN IF EXISTS (SELECT '
            "FROM t) THEN EXECUTE 'UPDATE t SET m = ''glad'''; END IF; END$$\")\nop.execute('SELECT f()')  # <-",
            SETUP,
        ),
        Example(
            f'{ADD}\nop.execute("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN IF EXISTS (SELECT FROM t) THEN '
            "UPDATE t SET m = 'glad' WHERE id = 3; END IF; END$$\")\nop.execute('CALL p()')  # <-",
            SETUP,
        ),
        Example(
            f"{ADD}\nop.execute('SELECT f(3)')  # <-",
            f"{SETUP}; CREATE FUNCTION f(k int) RETURNS void LANGUAGE plpgsql AS $$BEGIN IF EXISTS (SELECT FROM t) "
            "THEN UPDATE t SET m = 'glad' WHERE id = k; END IF; END$$",
        ),
        Example(ADD, SETUP),
        Example(
            "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'glad'\")\n"
            "op.execute(\"DO $$BEGIN UPDATE t SET m = 'glad' WHERE id = 3; END$$\")",
            SETUP,
            also=("object-renamed",),
        ),
        Example(
            f'{ADD}\nop.execute("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN UPDATE t SET '
            "m = 'glad'; END$$\")\nop.execute(\"DO $$BEGIN RAISE NOTICE 'glad'; PERFORM 'gladly'; END$$\")",
            SETUP,
        ),
        Example(
            f"{ADD}\nop.execute(\"DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_enum WHERE enumlabel = 'glad') THEN "
            "RAISE EXCEPTION 'it is not there'; END IF; END$$\")",
            SETUP,
        ),
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
            added = [one for one in at.earlier if one.node == "AlterEnumStmt" and _adds(one)]
            if at.did.state == UNSAFE:
                used = [one for one in added if f'"{one.tree["newVal"]}"' in at.did.error]
                said = "is used in the transaction in which it is {where} to type {name}: PostgreSQL refuses that"
            elif added and not at.did.error:
                inside = {value for one in at.code for value in _meant(one)}
                used = [one for one in added if one.tree["newVal"] in inside and not _is_new(one)]
                said = (
                    "is in code that runs in the transaction in which it is {where} to type {name}: PostgreSQL refuses "
                    "that where the code uses it"
                )
            else:
                continue
            for meant in used[:1]:
                name, value = strings(meant.tree["typeName"]), meant.tree["newVal"]
                where = f"added on line {meant.line}" if meant.line else "added"
                yield Hit(
                    at,
                    f"{literal(value)} {said.format(where=where, name=ident(*name))}",
                    "add the value in an autocommit_block, in a revision of its own before this one",
                    autocommit([execute(_adding(meant))]),
                    f"type {ident(*name)}",
                    verdict="observed" if at.did.error else "static",
                    severity=None if at.did.error else "warning",
                )


def _adds(at: Moment) -> bool:
    return "newVal" in at.tree and "oldVal" not in at.tree  # that is a name for a value that is there


def _adding(added: Moment) -> str:
    """The statement that adds a value, with the place that it has among the others."""
    tree = added.tree
    beside = "AFTER" if tree.get("newValIsAfter") else "BEFORE"
    place = f" {beside} {literal(tree['newValNeighbor'])}" if tree.get("newValNeighbor") else ""
    known = "IF NOT EXISTS " * bool(tree.get("skipIfNewValExists"))
    return f"ALTER TYPE {ident(*strings(tree['typeName']))} ADD VALUE {known}{literal(tree['newVal'])}{place}"


def _meant(code: str) -> set[str]:
    """The values in some code that may be those of an enum; none where it only looks which ones there are."""
    return set() if "enumlabel" in code.lower() else {*constants(code)}


def _is_new(added: Moment) -> bool:
    """Whether the type to which a value is added is as new."""
    name = strings(added.tree["typeName"])[-1]
    return added.course.trace.version >= 170000 and any(
        one.node == "CreateEnumStmt" and strings(one.tree["typeName"])[-1] == name for one in added.earlier
    )


RULE = EnumValueUsedAtOnce()
