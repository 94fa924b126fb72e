"""What a role's sessions begin with: each setting is an aspect of its own.

https://www.postgresql.org/docs/current/sql-alterrole.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from alembic_ext.errors import DeclarationError
from alembic_ext.kinds import AspectKind
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident, literal, parts, split
from alembic_ext.sqltext.parsetree import Node

_LISTS = frozenset({"local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"})
"""Settings whose value is a list of quoted names: GUC_LIST_QUOTE."""
_NAME = re.compile(r'"(?:[^"]|"")*"|[^",\s][^",]*')


class RoleSettingKind(AspectKind):
    """Of a role in all databases; ``IN DATABASE`` names one, which has another name elsewhere."""

    name, rank, of_one = "role setting", 34, True
    select = f"""
        SELECT 'pg_authid'::regclass::oid, s.setrole, '', '', '', split_part(v, '=', 1), substr(v, strpos(v, '=') + 1)
        FROM pg_db_role_setting s, unnest(s.setconfig) v WHERE s.setdatabase = 0 AND s.setrole >= {FIRST_OID}"""

    def owns(self, aspect: str) -> bool:
        return aspect.startswith("setting ")

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node != "AlterRoleSetStmt":
            return ()
        if "database" in tree or "role" not in tree or tree["setstmt"]["kind"] != "VAR_SET_VALUE":
            raise DeclarationError(
                f"cannot declare {' '.join(statement.text.split())!r}",
                where=statement.source,
                help="write ALTER ROLE name SET setting TO value: without IN DATABASE, ALL, RESET, DEFAULT and CURRENT",
            )
        role, name = tree["role"].get("rolename", ""), tree["setstmt"]["name"].lower()
        return ((Address("role", (role,)), f"setting {name}", statement.text),)

    def undone(self, text: str) -> str:
        if not text.upper().startswith("ALTER"):
            return ""
        (statement,) = split(text)
        tree = statement.tree
        if statement.node != "AlterRoleSetStmt":
            return ""
        return f"ALTER ROLE {ident(tree['role'].get('rolename', ''))} RESET {_ident(tree['setstmt']['name'])}"

    def imagined(self, name: str, texts: Sequence[str], said: Sequence[str], there: Aspect | None) -> Aspect:
        if there is not None and _meant(texts[-1]) == _meant(there.set[-1]):
            return there
        return Aspect(name, (texts[-1],), (self.undone(texts[-1]),))

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        name, value = values
        written = literal(value)
        if name.lower() in _LISTS:
            found = [one.strip() for one in _NAME.findall(value)]
            written = ", ".join(literal(parts(one)[0] if one.startswith('"') else one) for one in found) or "''"
        head = f"ALTER ROLE {identity}"
        return Aspect(
            f"setting {name.lower()}", (f"{head} SET {_ident(name)} TO {written}",), (f"{head} RESET {_ident(name)}",)
        )


def _ident(name: str) -> str:
    """The name of a setting, which may have a prefix: ``plpgsql.extra_warnings``."""
    return ident(*name.split("."))


def _meant(text: str) -> tuple[str, ...]:
    """The values of a setting, as text."""
    (statement,) = split(text)
    return tuple(map(_constant, statement.tree["setstmt"].get("args", ())))


def _constant(node: Node) -> str:
    inner = node.get("A_Const", node)
    for word in ("sval", "ival", "fval", "boolval"):
        if word in inner:
            return str(next(iter(inner[word].values()), 0 if word == "ival" else ""))
    return repr(node)


KIND = RoleSettingKind()
