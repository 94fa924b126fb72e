"""Schemas. ``public`` is in every new database, whoever made it.

https://www.postgresql.org/docs/current/sql-createschema.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import FIRST_OID, NAMED_BY_USER, own


class SchemaKind(Kind):
    """A schema is dropped only by who declared it: it may hold what nobody read."""

    name, catalog, rank = "schema", "pg_namespace", 0
    in_schema = False
    object_type = "OBJECT_SCHEMA"
    owner = "CASE WHEN nspname <> 'public' THEN nspowner END"
    droppable = False
    nodes = MappingProxyType({"CreateSchemaStmt": ""})
    select = f"""
        SELECT n.oid, '', n.nspname, '',
               format('CREATE SCHEMA %s%I', CASE n.nspname WHEN 'public' THEN 'IF NOT EXISTS ' ELSE '' END, n.nspname),
               '{{}}'::text[], ''
        FROM pg_namespace n
        WHERE {NAMED_BY_USER} AND (n.nspname = 'public' AND n.oid < {FIRST_OID} OR {own("pg_namespace", "n.oid")})"""


KIND = SchemaKind()
