"""Range types, each with its multirange type.

https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._type import TypeKind, type_select


class RangeTypeKind(TypeKind):
    """The constructor functions and the multirange type come with it."""

    name, rank = "range type", 14
    sign = "typtype = 'r'"
    nodes = MappingProxyType({"CreateRangeStmt": ""})
    select = type_select(
        """format('CREATE TYPE %I.%I AS RANGE (%s)', n.nspname, t.typname, concat_ws(', ',
                  'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
                  CASE WHEN NOT o.opcdefault THEN format('SUBTYPE_OPCLASS = %I.%I', s.nspname, o.opcname) END,
                  CASE WHEN r.rngcollation <> 0 AND r.rngcollation <> b.typcollation
                       THEN 'COLLATION = ' || r.rngcollation::regcollation END,
                  CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical::regproc END,
                  CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::regproc END,
                  'MULTIRANGE_TYPE_NAME = ' || r.rngmultitypid::regtype))""",
        "t.typtype = 'r'",
        """JOIN pg_range r ON r.rngtypid = t.oid JOIN pg_type b ON b.oid = r.rngsubtype
           JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_namespace s ON s.oid = o.opcnamespace""",
    )


KIND = RangeTypeKind()
