"""Operator families, with the members that belong to no class of theirs.

https://www.postgresql.org/docs/current/sql-createopfamily.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._access_method import ORDER, OfAccessMethod, members
from alembic_ext.kinds._common import NAMED_BY_USER, own

_MEMBERS = members("d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = f.oid AND d.deptype = 'a'")
_NAME = "format('%I.%I USING %I', n.nspname, f.opfname, m.amname)"


class OperatorFamilyKind(OfAccessMethod):
    """Each loose member is a piece of state."""

    name, catalog, rank = "operator family", "pg_opfamily", 33
    sign = "true"
    object_type = "OBJECT_OPFAMILY"
    owner = "opfowner"
    nodes = MappingProxyType({"CreateOpFamilyStmt": ""})
    select = f"""
        SELECT f.oid, n.nspname, f.opfname, m.amname, 'CREATE OPERATOR FAMILY ' || {_NAME},
               ARRAY(SELECT unnest(ARRAY[x.text, format('ALTER OPERATOR FAMILY %s ADD %s', {_NAME}, x.text),
                       format('ALTER OPERATOR FAMILY %s DROP %s %s (%s, %s)', {_NAME},
                              CASE x.what WHEN 1 THEN 'OPERATOR' ELSE 'FUNCTION' END, x.number, x.lefttype,
                              x.righttype)])
                     FROM {_MEMBERS} ORDER BY {ORDER}), ''
        FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
        WHERE {NAMED_BY_USER} AND {own("pg_opfamily", "f.oid")}"""


KIND = OperatorFamilyKind()
