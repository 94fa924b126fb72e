"""Procedural languages. Most come with an extension, and are that extension's.

https://www.postgresql.org/docs/current/sql-createlanguage.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.model import Address
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import Node


def _function(word: str, column: str) -> str:
    return f"CASE WHEN l.{column} <> 0 THEN ' {word} ' || l.{column}::regproc END"


class LanguageKind(Kind):
    """CREATE OR REPLACE LANGUAGE keeps owner, grants and comment. Only a superuser may make one."""

    name, catalog, rank, managed = "language", "pg_language", 31, True
    sign = "true"
    in_schema = False
    object_type = "OBJECT_LANGUAGE"
    owner = "lanowner"
    nodes = MappingProxyType({"CreatePLangStmt": ""})
    select = f"""
        SELECT l.oid, '', l.lanname, '',
               concat('CREATE ', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' END, format('LANGUAGE %I', l.lanname),
                      {_function("HANDLER", "lanplcallfoid")}, {_function("INLINE", "laninline")},
                      {_function("VALIDATOR", "lanvalidator")}), '{{}}'::text[], ''
        FROM pg_language l WHERE {own("pg_language", "l.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["plname"],))

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = LanguageKind()


@entity
class Language(Entity):
    """A procedural language, with the terms of CREATE LANGUAGE.

    >>> print(Language("plsample", handler="plsample_call_handler", trusted=True).sql, end="")
    CREATE TRUSTED LANGUAGE plsample
    HANDLER plsample_call_handler;

    Args:
        name: its name.
        handler: the name of the function that executes functions in it, as SQL.
        inline: the name of the function that executes DO in it.
        validator: the name of the function that looks at a new function in it.
        trusted: whether everybody to whom it is granted may write functions in it.
        comment: text of COMMENT ON LANGUAGE.
        owner: a role.
        grants: grantee to privileges: ``{"app": "usage", "public": None}``; None takes all. Only where it is trusted.

    https://www.postgresql.org/docs/current/sql-createlanguage.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    handler: str
    inline: str | None = None
    validator: str | None = None
    trusted: bool = False
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": tree["plname"]}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        given = {"HANDLER": self.handler, "INLINE": self.inline, "VALIDATOR": self.validator}
        create = [f"CREATE {'TRUSTED ' * self.trusted}LANGUAGE {name}"]
        create += [f"{word} {function}" for word, function in given.items() if function]
        return (
            "\n".join(create),
            *comment_on("LANGUAGE", name, self.comment),
            *owned_by("LANGUAGE", name, self.owner),
            *granted(f"LANGUAGE {name}", self.grants),
        )
