"""A function runs with its owner's rights, and looks its names up where the caller says.

A function that is SECURITY DEFINER and has no ``search_path`` of its own uses the caller's: who may create objects in a
schema can put a table or an operator of his own in front of those that are meant, and have it used with the rights of
the owner.

Instead give the function a search_path: ``SET search_path = pg_catalog, pg_temp``, and name the schemas in its body.

It does not matter where every role of the database may do what the owner may. A body that is parsed when the function
is created (``BEGIN ATOMIC``, or ``RETURN``) has its names looked up by then, and nothing is said.

https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import strings

BODY = "LANGUAGE sql SECURITY DEFINER{} AS 'SELECT 1'"


class DefinerWithoutPath(Rule):
    """CREATE FUNCTION … SECURITY DEFINER without SET search_path."""

    id, slug, group = "LC205", "definer-without-path", "compatibility"
    examples = (
        Example(f'op.execute("CREATE FUNCTION f() RETURNS int {BODY.format("")}")  # <-'),
        Example(f'op.execute("CREATE FUNCTION f() RETURNS int {BODY.format(" SET search_path = pg_catalog")}")'),
        Example("op.execute(\"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'\")"),
        Example('op.execute("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "CreateFunctionStmt" or "sql_body" in at.tree:
            return
        options = [one["DefElem"] for one in at.tree.get("options", ())]
        definer = any(one["defname"] == "security" and _is_true(one.get("arg", {})) for one in options)
        path = any(
            one["defname"] == "set" and one["arg"].get("VariableSetStmt", {}).get("name") == "search_path"
            for one in options
        )
        if definer and not path:
            name = ident(*strings(at.tree["funcname"]))
            sort = "procedure" if at.tree.get("is_procedure") else "function"
            yield Hit(
                at,
                f"{sort} {name} runs with its owner's rights, and looks its names up in the search_path of the caller",
                "say SET search_path = pg_catalog, pg_temp, and name the schemas in its body",
                object=f"{sort} {name}",
            )


def _is_true(value: Mapping[str, Any]) -> bool:
    return bool(value.get("Boolean", {}).get("boolval"))


RULE = DefinerWithoutPath()
