"""Roles, without their passwords.

https://www.postgresql.org/docs/current/sql-createrole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field, replace
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import ident, literal, split
from alembic_ext.sqltext.parsetree import Node

_SWITCHES = ("superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls")
_CATALOG = ("rolsuper", "rolcreatedb", "rolcreaterole", "rolinherit", "rolcanlogin", "rolreplication", "rolbypassrls")
_NODES = MappingProxyType({"canlogin": "login", "isreplication": "replication"})
_USUAL = MappingProxyType({name: str(name == "inherit").lower() for name in _SWITCHES} | {"limit": "-1", "until": ""})
"""What a role is where nothing is said: the words of ``facts``, in their order."""
_MEMBERS = frozenset({"addroleto", "rolemembers", "adminmembers"})
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(\.\d{1,6})?)?)?\s*(?:(Z|UTC)|([+-]\d\d)(?::?(\d\d))?)",
    re.IGNORECASE,
)
_UNTIL = """CASE WHEN isfinite(r.rolvaliduntil)
                 THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' ELSE '' END"""


class RoleKind(Kind):
    """It is imagined, never made: a sandbox of one database shares the roles of its server."""

    name, catalog, shown_in, rank, managed = "role", "pg_authid", "pg_roles", -1, True
    in_schema, recorded, shared = False, False, True
    option = "roles"
    remote = "a role belongs to the whole server, and is tried only on one that is thrown away"
    object_type = "OBJECT_ROLE"
    nodes = MappingProxyType({"CreateRoleStmt": ""})
    newer = MappingProxyType({16: "INHERIT and SET of a membership"})
    links = f"""
        SELECT 'pg_authid'::regclass::oid, m.member, 0, 'pg_authid'::regclass::oid, m.roleid, 0, 'n'
        FROM pg_auth_members m WHERE m.member >= {FIRST_OID} AND m.roleid >= {FIRST_OID}"""
    held = f"""
        SELECT s.refobjid, CASE WHEN s.dbid IN (0, here.oid) THEN '' ELSE coalesce(d.datname, '') END,
               s.classid, s.objid,
               CASE s.deptype WHEN 'o' THEN 'owns ' WHEN 'a' THEN 'was granted something on ' ELSE 'is named by ' END
               || CASE WHEN s.dbid IN (0, here.oid)
                       THEN coalesce(pg_describe_object(s.classid, s.objid, s.objsubid), 'something that is gone')
                       ELSE 'something in database ' || coalesce(d.datname, '') END
        FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid
             JOIN pg_database here ON here.datname = current_database()
        WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid >= {FIRST_OID}
          AND s.classid <> 'pg_auth_members'::regclass
        ORDER BY 2, 5"""
    select = f"""
        SELECT r.oid, '', r.rolname, '', format('CREATE ROLE %I', r.rolname) || array_to_string(ARRAY[
               {", ".join(f"CASE WHEN r.{column} THEN ' {name.upper()}' END"
                          for name, column in zip(_SWITCHES, _CATALOG, strict=True) if name != "inherit")},
               CASE WHEN NOT r.rolinherit THEN ' NOINHERIT' END,
               CASE WHEN r.rolconnlimit <> -1 THEN ' CONNECTION LIMIT ' || r.rolconnlimit END,
               CASE WHEN isfinite(r.rolvaliduntil) THEN ' VALID UNTIL ' || quote_literal({_UNTIL}) END], ''),
               '{{}}'::text[], '',
               ARRAY[{", ".join(f"r.{column}::text" for column in _CATALOG)}, r.rolconnlimit::text,
                     coalesce({_UNTIL}, '')],
               r.rolsuper OR r.rolname IN (current_user, session_user)
        FROM pg_roles r WHERE r.oid >= {FIRST_OID}"""  # fmt: skip

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["role"],))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterRoleStmt" and "options" in tree and not _names(tree) & _MEMBERS:
            return Address(self.name, (tree["role"].get("rolename", ""),))
        return super().altered_by(node, tree)

    def objection(self, tree: Node) -> tuple[str, str] | None:
        found = _names(tree)
        if "password" in found:
            return (
                "a password would stand in the revision and in the server's log",
                "omit PASSWORD; whoever runs the server sets it, with \\password in psql",
            )
        if found & _MEMBERS:
            return "it sets memberships too", "write GRANT parent TO member as a statement of its own"
        return None

    def spares(self, stored: Stored) -> bool:
        """Superusers, and who asks."""
        return bool(stored.facts[1])

    def rename(self, key: Key, name: str) -> str | None:
        """Never: whatever names it, on the whole server, would have to be looked at."""
        return None

    def imagined(self, key: Key, texts: Sequence[str], said: Sequence[str], now: Stored | None) -> Stored:
        wanted = {**_USUAL, **_said(texts)}
        if now is None:
            return Stored(key, (0, 0), _create(key.name, wanted), facts=(list(wanted.values()), False))
        before = dict(zip(_USUAL, now.facts[0], strict=True))
        if "+" not in wanted["until"] and wanted["until"] and _said(said).get("until") == wanted["until"]:
            wanted["until"] = before["until"]  # which moment it means without a time zone only the server knows
        if wanted == before:
            return now
        return replace(now, create=_create(key.name, wanted), facts=(list(wanted.values()), now.facts[1]))

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        before, after = (dict(zip(_USUAL, stored.facts[0], strict=True)) for stored in (old, new))
        words = [_word(name, value) for name, value in after.items() if value != before[name]]
        return [f"ALTER ROLE {ident(new.key.name)}{''.join(words)}"] if words else None


def _names(tree: Node) -> set[str]:
    return {option["DefElem"]["defname"] for option in tree.get("options", ())}


def _said(texts: Sequence[str]) -> dict[str, str]:
    """What statements say of a role, in the words of its facts."""
    found = {}
    for statement in (statement for text in texts for statement in split(text)):
        if statement.tree.get("stmt_type") == "ROLESTMT_USER":
            found["login"] = "true"
        for node in statement.tree.get("options", ()) if statement.node.endswith("RoleStmt") else ():
            name, value = node["DefElem"]["defname"], node["DefElem"].get("arg", {})
            if name == "connectionlimit":
                found["limit"] = str(value["Integer"].get("ival", 0))
            elif name == "validUntil":
                found["until"] = _moment(value["String"].get("sval", ""))
            elif (name := _NODES.get(name, name)) in _SWITCHES:
                found[name] = str(value["Boolean"].get("boolval", False)).lower()
    return found


def _moment(text: str) -> str:
    """A moment as it is read from the server; as it stands where it has no time zone, or is none."""
    if text.strip().lower() == "infinity":
        return ""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return text
    day, time, seconds, part, _, hours, minutes = match.groups()
    zone = f"{hours or '+00'}:{minutes or '00'}"
    fraction = (part or ".").ljust(7, "0")
    found = datetime.fromisoformat(f"{day}T{time or '00:00'}:{seconds or '00'}{fraction}{zone}")
    return found.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f+00")


def _word(name: str, value: str) -> str:
    if name == "limit":
        return f" CONNECTION LIMIT {value}"
    if name == "until":
        return f" VALID UNTIL {literal(value or 'infinity')}"
    return f" {'' if value == 'true' else 'NO'}{name.upper()}"


def _create(name: str, wanted: Mapping[str, str]) -> str:
    order = sorted(wanted, key=lambda one: (one == "inherit") + 2 * (one in ("limit", "until")))
    words = (_word(one, wanted[one]) for one in order if wanted[one] != _USUAL[one])
    return f"CREATE ROLE {ident(name)}{''.join(words)}"


KIND = RoleKind()


@entity
class Role(Entity):
    """A role, with the terms of CREATE ROLE, never with a password.

    >>> print(Role("app", login=True, member_of={"reader": {"inherit": False}},
    ...            settings={"statement_timeout": "5s"}).sql, end="")
    CREATE ROLE app LOGIN;
    GRANT reader TO app WITH INHERIT FALSE;
    ALTER ROLE app SET statement_timeout TO '5s';

    Roles belong to the whole server, and not to one database: they are read, made, changed and dropped only with
    ``context.configure(alembic_ext={"roles": True})``. Say it in the project of one database alone. What is written of
    them is never tried on your server: it is proved where the whole server is thrown away, with
    ``{"roles": True, "sandbox": "embedded"}``, and else marked as not proved. A role that is dropped loses its
    password: a downgrade makes it without one. PostgreSQL refuses to drop one that owns something, or was granted
    something, in any database.

    Args:
        name: its name.
        superuser, createdb, createrole, inherit, login, replication, bypassrls: what it may; a role that is declared
            has what is not said at PostgreSQL's default.
        connection_limit: how many connections it may have at a time; None is no limit.
        valid_until: until when its password is valid, with a time zone: ``"2030-01-01 00:00+00"``.
        member_of: names of roles that it is a member of, or for each of them the options of the membership:
            ``{"reader": {"admin": True, "inherit": False, "set": True}}``; inherit and set since PostgreSQL 16. Other
            memberships are left alone.
        settings: ``{"search_path": ["app", "public"], "statement_timeout": "5s"}``; others are left alone.
        comment: text of COMMENT ON ROLE.

    https://www.postgresql.org/docs/current/sql-createrole.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    superuser: bool = False
    createdb: bool = False
    createrole: bool = False
    inherit: bool = True
    login: bool = False
    replication: bool = False
    bypassrls: bool = False
    connection_limit: int | None = None
    valid_until: str | None = None
    member_of: Sequence[str] | Mapping[str, Mapping[str, bool]] = field(default=(), hash=False)
    settings: Mapping[str, str | int | bool | Sequence[str]] = field(default_factory=dict, hash=False)
    comment: str | None = None

    @classmethod
    def _read(cls, tree: Node) -> dict[str, Any]:
        return {"name": tree["role"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        given = {one: str(bool(getattr(self, one))).lower() for one in _SWITCHES}
        given |= {"limit": "-1" if self.connection_limit is None else str(self.connection_limit)}
        given |= {"until": self.valid_until or ""}
        return (
            _create(self.name, given),
            *self._memberships(name),
            *(f"ALTER ROLE {name} SET {ident(key)} TO {_value(value)}" for key, value in self.settings.items()),
            *comment_on("ROLE", name, self.comment),
        )

    def _memberships(self, name: str) -> Iterator[str]:
        if isinstance(self.member_of, str):
            raise self._invalid(f"member_of={self.member_of!r} is not a list", f"give [{self.member_of!r}]")
        options = self.member_of if isinstance(self.member_of, Mapping) else {key: {} for key in self.member_of}
        for parent, given in options.items():
            for option in given:
                self._check_word("member_of", option, "admin", "inherit", "set")
            if set(given) == {"admin"}:
                words = "ADMIN OPTION" if given["admin"] else ""
            else:
                words = ", ".join(f"{option.upper()} {str(on).upper()}" for option, on in given.items())
            yield f"GRANT {ident(parent)} TO {name}{words and f' WITH {words}'}"


def _value(value: str | int | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return literal("on" if value else "off")
    if isinstance(value, (str, int)):
        return literal(str(value))
    return ", ".join(map(literal, value))
