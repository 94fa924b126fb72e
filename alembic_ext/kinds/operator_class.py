"""Operator classes.

https://www.postgresql.org/docs/current/sql-createopclass.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._access_method import ORDER, OfAccessMethod, members
from alembic_ext.kinds._common import NAMED_BY_USER, own

_MEMBERS = members("d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid AND d.deptype = 'i'")
# A class without members stores the type that it is for: the list cannot be empty.
_STORAGE = "coalesce(nullif(c.opckeytype, 0)::regtype, CASE WHEN x.texts IS NULL THEN c.opcintype::regtype END)"


class OperatorClassKind(OfAccessMethod):
    """Its operators and functions are its definition; its family stands before it."""

    name, catalog, rank = "operator class", "pg_opclass", 34
    sign = "true"
    object_type = "OBJECT_OPCLASS"
    owner = "opcowner"
    nodes = MappingProxyType({"CreateOpClassStmt": ""})
    select = f"""
        SELECT c.oid, n.nspname, c.opcname, m.amname,
               format(E'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS\\n    %s',
                      n.nspname, c.opcname, CASE WHEN c.opcdefault THEN ' DEFAULT' END, c.opcintype::regtype, m.amname,
                      s.nspname, f.opfname, concat_ws(E',\\n    ', 'STORAGE ' || {_STORAGE}, x.texts)),
               '{{}}'::text[], ''
        FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
             JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_namespace s ON s.oid = f.opfnamespace
             CROSS JOIN LATERAL (SELECT string_agg(x.text, E',\\n    ' ORDER BY {ORDER}) FROM {_MEMBERS}) x (texts)
        WHERE {NAMED_BY_USER} AND {own("pg_opclass", "c.oid")}"""


KIND = OperatorClassKind()
