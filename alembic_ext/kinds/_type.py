"""What the kinds of types share: all are a TYPE to ALTER, COMMENT ON and DROP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, strings


class TypeKind(Kind):
    """A type that a user made with CREATE TYPE."""

    catalog, word = "pg_type", "TYPE"
    object_type = "OBJECT_TYPE"
    owner = "typowner"

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["typeName"]))

    def address(self, key: Key) -> Address:
        return Address("type", (ident(key.schema, key.name),))


def type_text(type_: Any, source: str) -> str:
    """A type as SQL: text as it is, or a type of SQLAlchemy's."""
    if isinstance(type_, str):
        return type_
    from alembic_ext.entity.selectable import rendered_type

    return rendered_type(type_, source)


def type_select(
    create: str, condition: str, joins: str = "", state: str = "'{}'::text[]", facts: Sequence[str] = ()
) -> str:
    """The rows of types ``t``; ``facts`` are further columns."""
    return f"""
        SELECT t.oid, n.nspname, t.typname, '', {create}, {state}, {", ".join(["''", *facts])}
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace {joins}
        WHERE {condition} AND {NAMED_BY_USER} AND {own("pg_type", "t.oid")}"""
