"""Casts. The one from a range type to its multirange comes with the range type.

https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.model import Address, Key


class CastKind(Kind):
    """It has no name: its key has the source type for one, and the target type as detail."""

    name, catalog, rank = "cast", "pg_cast", 38
    sign = "true"
    object_type = "OBJECT_CAST"
    nodes = MappingProxyType({"CreateCastStmt": ""})
    select = f"""
        SELECT c.oid, '', c.castsource::regtype::text, c.casttarget::regtype::text,
               format('CREATE CAST (%s AS %s) %s%s', c.castsource::regtype, c.casttarget::regtype,
                      CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure
                                        WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
                      CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END),
               '{{}}'::text[], ''
        FROM pg_cast c
        WHERE {own("pg_cast", "c.oid")} AND NOT EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')"""

    def identity(self, key: Key) -> str:
        return f"({key.name} AS {key.detail})"

    def address(self, key: Key) -> Address:
        return Address(self.name, (key.name,), (key.detail,))


KIND = CastKind()
