"""Composite types that stand alone; row types of tables and views belong to those.

https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.errors import CannotPlan
from alembic_ext.kinds._type import TypeKind, type_select, type_text
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, relation

_TYPE = """format_type(a.atttypid, a.atttypmod)
                            || CASE WHEN a.attcollation <> 0 AND a.attcollation <> b.typcollation
                                    THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END"""
_ATTRIBUTES = """FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
                   WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped"""


class CompositeTypeKind(TypeKind):
    """Made by CREATE TYPE … AS (…). Attributes are added behind the others; in another order it is a new type."""

    name, rank, managed, moves = "composite type", 15, True, True
    has_columns = True
    stuck = (
        "if the table is a typed table of it, let new attributes come at the end and declare it with cascade=True, "
        "or -- cascade above it as SQL; else make the change in two revisions: give the new form another name first"
    )
    sign = "typtype = 'c' AND typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')"
    nodes = MappingProxyType({"CompositeTypeStmt": ""})
    select = type_select(
        f"""format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
                  (SELECT string_agg(format('%I %s', a.attname, {_TYPE}), ', ' ORDER BY a.attnum)
                   {_ATTRIBUTES}))""",
        "t.typtype = 'c' AND c.relkind = 'c'",
        "JOIN pg_class c ON c.oid = t.typrelid",
        facts=(f"ARRAY(SELECT ARRAY[a.attname::text, {_TYPE}] {_ATTRIBUTES} ORDER BY a.attnum)",),
    )

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["typevar"]))

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        before, after = dict(old.facts[0]), dict(new.facts[0])
        stays = [name for name in before if name in after]
        if [*stays, *(name for name in after if name not in before)] != list(after):
            return None
        actions = [
            *(f"ADD ATTRIBUTE {ident(name)} {type_}" for name, type_ in after.items() if name not in before),
            *(
                f"ALTER ATTRIBUTE {ident(name)} SET DATA TYPE {after[name]}"
                for name in stays
                if before[name] != after[name]
            ),
            *(f"DROP ATTRIBUTE {ident(name)}" for name in before if name not in after),
        ]
        return [f"ALTER TYPE {self.identity(new.key)} {action}" for action in actions]

    def commented(self, stored: Stored) -> Sequence[str]:
        return [f"COLUMN {self.identity(stored.key)}.{ident(name)}" for name, _ in stored.facts[0]]

    def cascaded(self, statement: str) -> str:
        return f"{statement} CASCADE"

    def moved(self, old: Stored, new: Stored, column: str, type_: str, array: str) -> str:
        before, after = dict(old.facts[0]), dict(new.facts[0])
        if list(before) == list(after):
            return super().moved(old, new, column, type_, array)
        if array:
            raise CannotPlan(
                f"{self.name} {self.identity(new.key)} has to be made again, and no expression makes its values of the "
                "old ones in an array",
                help="let attributes come at the end; or make the change in two revisions",
            )
        values = ", ".join(f"({column}).{ident(name)}" if name in before else "NULL" for name in after)
        made = f"ROW({values})::{self.identity(new.key)}"
        return f"CASE WHEN {column} IS DISTINCT FROM NULL THEN {made} END"


KIND = CompositeTypeKind()


@entity
class CompositeType(Entity):
    """A composite type, with the terms of CREATE TYPE … AS (…).

    >>> print(CompositeType("point3", {"x": "integer", "y": "integer", "label": 'text COLLATE "C"'}).sql, end="")
    CREATE TYPE point3 AS (x integer, y integer, label text COLLATE "C");

    Args:
        name: its name, without its schema.
        attributes: name to type, each as SQL, with its collation if it has one, or as a type of SQLAlchemy's.
        schema: None is the default schema.
        comment: text of COMMENT ON TYPE.
        comments: attribute to text of COMMENT ON COLUMN.
        cascade: whether typed tables of it change with its attributes, in ALTER TYPE … CASCADE. Columns that go take
            their rows' values along.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "usage", "public": None}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createtype.html
    """

    KIND = KIND

    name: str
    attributes: Mapping[str, Any] = field(hash=False)
    _: KW_ONLY
    schema: str | None = None
    comment: str | None = None
    comments: Mapping[str, str] = field(default_factory=dict, hash=False)
    cascade: bool = False
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def hints(self) -> str:
        return super().hints() + "-- cascade\n" * self.cascade

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        attributes = [f"{ident(each)} {type_text(type_, self.source)}" for each, type_ in self.attributes.items()]
        return (
            f"CREATE TYPE {name} AS ({', '.join(attributes)})",
            *comment_on("TYPE", name, self.comment),
            *(
                each
                for column, text in self.comments.items()
                for each in comment_on("COLUMN", f"{name}.{ident(column)}", text)
            ),
            *owned_by("TYPE", name, self.owner),
            *granted(f"TYPE {name}", self.grants),
        )
