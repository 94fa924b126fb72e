"""What default privileges give to one grantee.

https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from itertools import pairwise
from typing import Any, Literal

from alembic_ext.entity import Entity, entity
from alembic_ext.entity import role as role_name
from alembic_ext.kinds import AspectKind
from alembic_ext.kinds.default_privileges import CLASSES, MINE, called
from alembic_ext.kinds.default_privileges import KIND as DEFAULT_PRIVILEGES
from alembic_ext.kinds.grant import GRANTEES, each_grantee, given_text, grantees, opposite, privileges
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident
from alembic_ext.sqltext.edit import Word, words_of
from alembic_ext.sqltext.parsetree import Node, role

_CLASSES = {"OBJECT_TABLE": "r", "OBJECT_SEQUENCE": "S", "OBJECT_FUNCTION": "f", "OBJECT_TYPE": "T",
            "OBJECT_SCHEMA": "n", "OBJECT_LARGEOBJECT": "L"}  # fmt: skip
_ALTER = "ALTER DEFAULT PRIVILEGES"


def _options(tree: Node) -> Mapping[str, list[Node]]:
    found = (option["DefElem"] for option in tree.get("options", ()))
    return {option["defname"]: option["arg"]["List"]["items"] for option in found}


def _verb(words: Sequence[Word]) -> Word:
    """GRANT or REVOKE, which may also be names of roles and schemas."""
    return next(
        word
        for before, word in pairwise(words)
        if word.is_("grant", "revoke") and not before.is_("role", "user", "schema", ",")
    )


def _single(text: str, roles: Sequence[str], schemas: Sequence[str], count: int) -> list[str]:
    """One statement for each role, schema and grantee."""
    verb = _verb(words_of(text))
    given = text[verb.start :]
    head, names, tail = each_grantee(given, count)
    given = given[: head[-1].end]
    return [
        f"{_ALTER} FOR ROLE {role}{schema and f' IN SCHEMA {ident(schema)}'} {given} {name}{tail}"
        for role in roles
        for schema in schemas
        for name in names
    ]


class DefaultGrantKind(AspectKind):
    """As a grant of an object that will be made: beyond what everybody has by default.

    The default counts only for those that hold in all schemas: those of one schema add to them.
    """

    name, rank, several = "default grant", 22, True
    select = f"""
        SELECT 'pg_default_acl'::regclass::oid, p.place, '', '', '', r.word, r.name, p.role, n.nspname,
               p.defaclobjtype::text,
               array_agg(concat_ws(' ', CASE WHEN x.usual THEN '-' WHEN x.is_grantable THEN '*' ELSE '+' END,
                                   x.privilege_type) ORDER BY x.privilege_type COLLATE "C")
        FROM (SELECT d.oid::bigint, r.rolname, d.* FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole
              UNION ALL SELECT -d.oid::bigint, NULL, d.* FROM pg_default_acl d WHERE {MINE}) p (place, role)
             CROSS JOIN LATERAL (
               SELECT h.grantee, h.privilege_type, h.is_grantable, false FROM aclexplode(p.defaclacl) h
               UNION ALL
               SELECT u.grantee, u.privilege_type, u.is_grantable, true
               FROM aclexplode(acldefault(CASE p.defaclobjtype WHEN 'S' THEN 's' ELSE p.defaclobjtype END,
                                          p.defaclrole)) u WHERE p.defaclnamespace = 0
             ) x (grantee, privilege_type, is_grantable, usual)
             JOIN {GRANTEES} r ON r.oid = x.grantee
             LEFT JOIN pg_namespace n ON n.oid = p.defaclnamespace
        GROUP BY p.place, p.role, n.nspname, p.defaclobjtype, r.word, r.name"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        if statement.node != "AlterDefaultPrivilegesStmt":
            return ()
        tree, options = statement.tree["action"], _options(statement.tree)
        specs = [item["RoleSpec"] for item in options.get("roles", ())]
        roles = [role(spec).replace("CURRENT_ROLE", "CURRENT_USER") for spec in specs]
        owners = [spec.get("rolename", name) for spec, name in zip(specs, roles, strict=True)]
        roles, owners = roles or ["CURRENT_USER"], owners or ["CURRENT_USER"]
        schemas = [item["String"]["sval"] for item in options.get("schemas", ())] or [""]
        words = CLASSES[_CLASSES[tree["objtype"]]]
        names = grantees(tree)
        said = [
            (Address(DEFAULT_PRIVILEGES.name, (called(owner, schema, words),)), f"grant to {name}")
            for owner in owners
            for schema in schemas
            for name in names
        ]
        texts = [statement.text] if len(said) == 1 else _single(statement.text, roles, schemas, len(names))
        return [(*what, text) for what, text in zip(said, texts, strict=True)]

    def undone(self, text: str) -> str:
        first, second, *words = words_of(text)
        if not first.is_("alter") or not second.is_("default"):
            return ""
        verb = _verb(words)
        given = opposite(text[verb.start :])
        return given and text[: verb.start] + given

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect | None:
        known, name, owner, schema, letter, items = values
        grantee = known or ident(name)
        whose = f" FOR ROLE {ident(owner)}" if owner else ""
        before = f"{_ALTER}{whose}{f' IN SCHEMA {ident(schema)}' if schema else ''} "
        found = privileges(f"grant to {grantee}", grantee, f"ON {CLASSES[letter].upper()}", items, before)
        return found and found._replace(guards=True)


KIND = DefaultGrantKind()


@entity
class DefaultPrivileges(Entity):
    """What is granted on whatever a role makes from then on, with the terms of ALTER DEFAULT PRIVILEGES.

    >>> print(DefaultPrivileges("select", on="tables", to="reader", for_role="shop_owner", schema="shop").sql, end="")
    ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT ON TABLES TO reader;
    >>> print(DefaultPrivileges("execute", on="functions", to="public", revoke=True).sql, end="")
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

    A revision sets them behind all else that it does: what is made in the same revision does not have them.

    Args:
        privileges: one or several; ``"all"``.
        on: ``"tables"`` (views too), ``"sequences"``, ``"functions"`` (procedures too), ``"types"``, ``"schemas"``.
        to: a role or several, ``"public"`` perhaps.
        for_role: who makes the objects; None is the role that runs the revision.
        schema: where they are made; None is everywhere.
        grantable: WITH GRANT OPTION.
        revoke: the privileges, those that everybody has by default perhaps, are taken away.

    https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
    """

    KIND = KIND  # type: ignore[assignment]  # an aspect

    privileges: str | Sequence[str]
    _: KW_ONLY
    on: Literal["tables", "sequences", "functions", "routines", "types", "schemas", "large objects"]
    to: str | Sequence[str]
    for_role: str | None = None
    schema: str | None = None
    grantable: bool = False
    revoke: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("on", self.on, *CLASSES.values(), "routines")
        if self.grantable and self.revoke:
            raise self._invalid("what is revoked cannot be granted on", "give grantable or revoke")

    @classmethod
    def _made_by(cls, statement: Statement) -> bool:
        return statement.node == "AlterDefaultPrivilegesStmt"

    @classmethod
    def _read(cls, _: Node) -> dict[str, Any]:
        return {}

    def _statements(self) -> tuple[str, ...]:
        whose = f" FOR ROLE {role_name(self.for_role)}" if self.for_role else ""
        where = f" IN SCHEMA {ident(self.schema)}" if self.schema else ""
        given = given_text(self.privileges, f"ON {self.on.upper()}", self.to, (), self.grantable, self.revoke)
        return (f"{_ALTER}{whose}{where} {given}",)
