"""Which roles a role is a member of: an aspect of the member, one for each other role.

https://www.postgresql.org/docs/current/sql-grant.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.kinds import AspectKind
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident, split
from alembic_ext.sqltext.parsetree import Node

_USUAL = {"admin": False, "set": True}


class MembershipKind(AspectKind):
    """Compared as far as its options are said; inherit follows the member where nothing is."""

    name, rank, of_one = "membership", 33, True

    def query(self, version: int) -> str:
        options = "bool_or(m.inherit_option), bool_or(m.set_option)" if version >= 160000 else "NULL, NULL"
        return f"""
        SELECT 'pg_authid'::regclass::oid, m.member, '', '', '', p.rolname::text, bool_or(m.admin_option), {options},
               array_agg(CASE WHEN g.oid <> 10 THEN g.rolname::text END ORDER BY g.rolname)
        FROM pg_auth_members m JOIN pg_roles p ON p.oid = m.roleid LEFT JOIN pg_roles g ON g.oid = m.grantor
        WHERE m.member >= {FIRST_OID} GROUP BY m.member, p.rolname"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node != "GrantRoleStmt" or not tree.get("is_grant") or "grantor" in tree:
            return ()
        said = []
        for parent in tree["granted_roles"]:
            for member in tree["grantee_roles"]:
                one, other = parent["AccessPriv"]["priv_name"], member["RoleSpec"].get("rolename", "")
                text = f"GRANT {ident(one)} TO {ident(other)}{_with(_options(tree))}"
                said.append((Address("role", (other,)), f"{self.name} in {ident(one)}", text))
        return said

    def undone(self, text: str) -> str:
        if not text.upper().startswith("GRANT"):
            return ""
        (statement,) = split(text)
        return _revoke(statement.tree) if statement.node == "GrantRoleStmt" else ""

    def imagined(self, name: str, texts: Sequence[str], said: Sequence[str], there: Aspect | None) -> Aspect:
        (statement,) = split(texts[-1])
        revoke = _revoke(statement.tree)
        if there is None:
            return Aspect(name, (texts[-1],), (revoke,))
        found = {key: on for text in there.set for one in split(text) for key, on in _options(one.tree).items()}
        options = {**_USUAL, **_options(statement.tree)}
        differs = {key: on for key, on in options.items() if found.get(key, _USUAL.get(key, on)) != on}
        if not differs:
            return there
        if there.adds:  # up to PostgreSQL 15 a grant never takes anything back
            return _pieces(name, _grant(statement.tree), revoke, admin=options["admin"])
        return Aspect(name, (f"{_grant(statement.tree)}{_with(differs)}",), (revoke,))

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        parent, admin, inherit, set_, grantors = values
        name, grant = f"{self.name} in {ident(parent)}", f"GRANT {ident(parent)} TO {identity}"
        revoke = f"REVOKE {ident(parent)} FROM {identity}"
        if set_ is None:
            return _pieces(name, grant, revoke, admin=admin)
        by = [f"{revoke}{f' GRANTED BY {ident(grantor)}' if grantor else ''}" for grantor in grantors]
        options = {"admin": admin, "inherit": inherit, "set": set_}
        return Aspect(name, (f"{grant}{_with(options)}", *[""] * (len(by) - 1)), tuple(by))


def _pieces(name: str, grant: str, revoke: str, *, admin: bool) -> Aspect:
    less = revoke.replace("REVOKE ", "REVOKE ADMIN OPTION FOR ", 1)
    both = (f"{grant} WITH ADMIN OPTION",), (less,)
    return Aspect(name, (grant, *both[0] * admin), (revoke, *both[1] * admin), adds=True)


def _ends(tree: Node) -> tuple[str, str]:
    parent, member = tree["granted_roles"][0]["AccessPriv"]["priv_name"], tree["grantee_roles"][0]["RoleSpec"]
    return ident(parent), ident(member.get("rolename", ""))


def _grant(tree: Node) -> str:
    return "GRANT {} TO {}".format(*_ends(tree))


def _revoke(tree: Node) -> str:
    return "REVOKE {} FROM {}".format(*_ends(tree))


def _options(tree: Node) -> dict[str, bool]:
    found = (option["DefElem"] for option in tree.get("opt", ()))
    return {one["defname"]: bool(one.get("arg", {}).get("Boolean", {}).get("boolval", False)) for one in found}


def _with(options: dict[str, bool]) -> str:
    if options == {"admin": True}:
        return " WITH ADMIN OPTION"
    words = ", ".join(f"{option.upper()} {str(on).upper()}" for option, on in sorted(options.items()))
    return words and f" WITH {words}"


KIND = MembershipKind()
