"""Schemas. ``public`` is in every new database, whoever made it.

https://www.postgresql.org/docs/current/sql-createschema.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field, replace
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import FIRST_OID, NAMED_BY_USER, own
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import Statement, ident, split
from alembic_ext.sqltext.edit import words_of
from alembic_ext.sqltext.parsetree import Node


class SchemaKind(Kind):
    """A schema is dropped only by who declared it: it may hold what nobody read."""

    name, catalog, rank, managed = "schema", "pg_namespace", 0, True
    object_type = "OBJECT_SCHEMA"
    owner = "CASE WHEN nspname <> 'public' THEN nspowner END"
    droppable, in_schema = False, False
    nodes = MappingProxyType({"CreateSchemaStmt": ""})
    select = f"""
        SELECT n.oid, '', n.nspname, '',
               format('CREATE SCHEMA %s%I', CASE n.nspname WHEN 'public' THEN 'IF NOT EXISTS ' ELSE '' END, n.nspname),
               '{{}}'::text[], ''
        FROM pg_namespace n
        WHERE {NAMED_BY_USER} AND (n.nspname = 'public' AND n.oid < {FIRST_OID} OR {own("pg_namespace", "n.oid")})"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (_name(tree),))

    def objection(self, tree: Node) -> tuple[str, str] | None:
        if "schemaElts" in tree:
            return "it makes objects in the schema too", "declare each of them by a statement of its own"
        if not _name(tree):
            return "its name is that of whoever runs it", "name it: CREATE SCHEMA name AUTHORIZATION role"
        return None

    def parted(self, statement: Statement) -> Sequence[Statement]:
        """Its owner is compared as one that is said by ALTER SCHEMA."""
        if "authrole" not in statement.tree:
            return (statement,)
        text, words = statement.text, words_of(statement.text)
        place = next(place for place, word in enumerate(words) if word.is_("authorization"))
        role, name = text[words[place + 1].start : words[place + 1].end], ident(_name(statement.tree))
        made = text[: words[place].start].rstrip() + ("" if "schemaname" in statement.tree else f" {name}")
        return (replace(statement, text=made), *split(f"ALTER SCHEMA {name} OWNER TO {role}", statement.source))

    def bare(self, text: str) -> str:
        """A sandbox has ``public`` from the start."""
        return "CREATE SCHEMA IF NOT EXISTS public" if _name(split(text)[0].tree) == "public" else text

    def spares(self, stored: Stored) -> bool:
        return True


def _name(tree: Node) -> str:
    return str(tree.get("schemaname") or tree.get("authrole", {}).get("rolename", ""))


KIND = SchemaKind()


@entity
class Schema(Entity):
    """A schema. It is made before everything in it, and dropped when it is declared no more and nothing is in it.

    >>> print(Schema("sales", comment="what we sell", grants={"reader": "usage"}).sql, end="")
    CREATE SCHEMA sales;
    COMMENT ON SCHEMA sales IS 'what we sell';
    GRANT USAGE ON SCHEMA sales TO reader;

    Tables of the models may stand in it; Alembic looks for them there where ``include_schemas`` is true. No option ever
    drops a schema that no revision made.

    Args:
        name: its name.
        comment: text of COMMENT ON SCHEMA.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "usage", "writer": ["usage", "create"]}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createschema.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": _name(tree)}

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        return (
            f"CREATE SCHEMA {name}",
            *comment_on("SCHEMA", name, self.comment),
            *owned_by("SCHEMA", name, self.owner),
            *granted(f"SCHEMA {name}", self.grants),
        )
