"""Enumerated types.

https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._type import TypeKind, type_select


class EnumKind(TypeKind):
    """Its values are in their order, whatever ALTER TYPE … ADD VALUE BEFORE did."""

    name, rank = "enum", 10
    sign = "typtype = 'e'"
    nodes = MappingProxyType({"CreateEnumStmt": ""})
    select = type_select(
        """format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
                  (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = t.oid))""",
        "t.typtype = 'e'",
    )


KIND = EnumKind()
