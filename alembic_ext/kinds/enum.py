"""Enumerated types.

https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds._type import TypeKind, type_select
from alembic_ext.model import Key, Stored
from alembic_ext.sqltext import ident, literal


class EnumKind(TypeKind):
    """Values are added in place, in any position; without one, or in another order, it is a new type.

    A value that was added cannot be used before the transaction that added it has ended.
    """

    name, rank, managed, moves = "enum", 10, True, True
    settles = True
    sign = "typtype = 'e'"
    nodes = MappingProxyType({"CreateEnumStmt": ""})
    select = type_select(
        """format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
                  (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = t.oid))""",
        "t.typtype = 'e'",
        facts=("ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)",),
    )

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        (before,), (after,) = old.facts, new.facts
        if [value for value in after if value in before] != before:
            return None
        statements, there = [], list(before)
        for place, value in enumerate(after):
            if value in there:
                continue
            where = ""
            if place == 0 and there:
                where = f" BEFORE {literal(there[0])}"
            elif place and after[place - 1] != there[-1]:
                where = f" AFTER {literal(after[place - 1])}"
            there.insert(place, value)
            statements.append(f"ALTER TYPE {self.identity(new.key)} ADD VALUE {literal(value)}{where}")
        return statements

    def rename_value(self, key: Key, facts: Sequence[Any], old: str, new: str) -> str | None:
        if facts and (old not in facts[0] or new in facts[0]):
            return None
        return f"ALTER TYPE {self.identity(key)} RENAME VALUE {literal(old)} TO {literal(new)}"

    def again(self, statement: str) -> str:
        return statement.replace(" ADD VALUE ", " ADD VALUE IF NOT EXISTS ", 1)


KIND = EnumKind()


@entity
class EnumType(Entity):
    """An enumerated type, with the terms of CREATE TYPE … AS ENUM.

    >>> print(EnumType("mood", ["sad", "ok"], comment="how one feels").sql, end="")
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    COMMENT ON TYPE mood IS 'how one feels';

    A SQLAlchemy ``Enum`` column needs no declaration of its own beside this one: give it the same name.

    Args:
        name: its name, without its schema.
        values: its values, in their order.
        schema: None is the default schema.
        comment: text of COMMENT ON TYPE.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "usage", "public": None}``; None takes all.
        renamed_values: values that had another name, old to new: ``{"sad": "blue"}``. May stay when all is done.
        renamed_from: the name it had.

    https://www.postgresql.org/docs/current/sql-createtype.html
    """

    KIND = KIND

    name: str
    values: Sequence[str]
    _: KW_ONLY
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)
    renamed_values: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "values", tuple(self.values))
        if twice := next((value for place, value in enumerate(self.values) if value in self.values[:place]), None):
            raise self._invalid(f"{twice!r} is there twice", "keep one of the two")
        for old, new in self.renamed_values.items():
            if new not in self.values and new not in self.renamed_values:
                raise self._invalid(
                    f"renamed_values says that {old!r} is {new!r} now, which is none of its values",
                    "correct it, or leave it out",
                )

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        return (
            f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, self.values))})",
            *comment_on("TYPE", name, self.comment),
            *owned_by("TYPE", name, self.owner),
            *granted(f"TYPE {name}", self.grants),
        )
