"""Extensions. Their members are theirs; plpgsql is in every new database.

https://www.postgresql.org/docs/current/sql-createextension.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds import Kind
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import Statement, ident, literal, split
from alembic_ext.sqltext.parsetree import Node


class ExtensionKind(Kind):
    """Its schema and its version are compared only where they are declared; its members stand for it in the edges.

    In a sandbox it is made as it is in the database, as far as the server can: an old version it may only know how to
    leave.
    """

    name, catalog, rank, managed = "extension", "pg_extension", 5, True
    sign = "extname <> 'plpgsql'"
    object_type = "OBJECT_EXTENSION"
    droppable, in_schema, installed = False, False, True
    nodes = MappingProxyType({"CreateExtensionStmt": ""})
    select = """
        SELECT e.oid, '', e.extname, '', format('CREATE EXTENSION %I SCHEMA %I', e.extname, n.nspname), '{}'::text[],
               '', n.nspname, e.extversion
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.oid >= 16384 AND e.extname <> 'plpgsql'"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["extname"],))

    def objection(self, tree: Node) -> tuple[str, str] | None:
        if tree["extname"] == "plpgsql":
            return "it is in every database", "omit it"
        return None

    def parted(self, statement: Statement) -> Sequence[Statement]:
        version = _options(statement.tree).get("new_version")
        if version is None:
            return (statement,)
        text = f"ALTER EXTENSION {ident(statement.tree['extname'])} UPDATE TO {literal(version)}"
        return (statement, *split(text, statement.source))

    def spares(self, stored: Stored) -> bool:
        return True

    def rename(self, key: Key, name: str) -> str | None:
        return None

    def rebuilt(self, stored: Stored) -> Sequence[str]:
        return (_either(stored.create, stored.facts[1]),)

    def as_there(self, text: str, stored: Stored) -> tuple[str, str]:
        schema, version = stored.facts
        said = _options(split(text)[0].tree)
        create = f"{stored.create}{' CASCADE' if said.get('cascade') else ''}"
        wanted = said.get("schema", schema)
        name = ident(stored.key.name)
        return (
            f"{create} VERSION {literal(said['new_version'])}" if "new_version" in said else _either(create, version),
            f"ALTER EXTENSION {name} SET SCHEMA {ident(wanted)}" if wanted != schema else "",
        )

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        if old.facts[0] == new.facts[0]:
            return None
        return [f"ALTER EXTENSION {ident(new.key.name)} SET SCHEMA {ident(new.facts[0])}"]


def _options(tree: Node) -> dict[str, Any]:
    """What a CREATE EXTENSION says: ``schema``, ``new_version``, ``cascade``."""
    options = [option["DefElem"] for option in tree.get("options", ())]
    return {option["defname"]: next(iter(next(iter(option["arg"].values())).values()), "") for option in options}


def _either(create: str, version: str) -> str:
    """A statement for a sandbox: in that version if the server can make it, else in the newest."""
    body = f"BEGIN {create} VERSION {literal(version)}; EXCEPTION WHEN OTHERS THEN {create}; END"
    return f"DO {literal(body)}"


KIND = ExtensionKind()


@entity
class Extension(Entity):
    """An extension, with the terms of CREATE EXTENSION. What it brings along is never touched.

    >>> print(Extension("citext", schema="ext", version="1.6", comment="text of any case").sql, end="")
    CREATE EXTENSION citext SCHEMA ext VERSION '1.6';
    COMMENT ON EXTENSION citext IS 'text of any case';

    Another version is an ``ALTER EXTENSION … UPDATE TO``; most extensions have no way back, and the downgrade then says
    so. No option ever drops an extension that no revision made.

    Args:
        name: its name.
        schema: where its objects are; None leaves open where.
        version: its version; None leaves open which.
        cascade: whether extensions that it needs are made too; these are nobody's then, and stay: declare them instead.
        comment: text of COMMENT ON EXTENSION.

    https://www.postgresql.org/docs/current/sql-createextension.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    schema: str | None = None
    version: str | None = None
    cascade: bool = False
    comment: str | None = None

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        said = _options(tree)
        return {
            "name": tree["extname"],
            "schema": said.get("schema"),
            "version": said.get("new_version"),
            "cascade": "cascade" in said,
        }

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.name)
        terms = [
            f"CREATE EXTENSION {name}",
            f"SCHEMA {ident(self.schema)}" if self.schema else "",
            f"VERSION {literal(self.version)}" if self.version else "",
            "CASCADE" if self.cascade else "",
        ]
        return (" ".join(filter(None, terms)), *comment_on("EXTENSION", name, self.comment))
