"""Composite types that stand alone; row types of tables and views belong to those.

https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._type import TypeKind, type_select


class CompositeTypeKind(TypeKind):
    """Made by CREATE TYPE … AS (…)."""

    name, rank = "composite type", 15
    sign = "typtype = 'c' AND typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')"
    nodes = MappingProxyType({"CompositeTypeStmt": ""})
    select = type_select(
        """format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
                  (SELECT string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                            CASE WHEN a.attcollation <> 0 AND a.attcollation <> b.typcollation
                                 THEN ' COLLATE ' || a.attcollation::regcollation END), ', ' ORDER BY a.attnum)
                   FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
                   WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))""",
        "t.typtype = 'c' AND c.relkind = 'c'",
        "JOIN pg_class c ON c.oid = t.typrelid",
    )


KIND = CompositeTypeKind()
