"""Extensions. Their members are theirs; plpgsql is in every new database.

https://www.postgresql.org/docs/current/sql-createextension.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind


class ExtensionKind(Kind):
    """An extension is made in the version that the server has; its members stand for it in the edges."""

    name, catalog, rank = "extension", "pg_extension", 5
    in_schema = False
    sign = "extname <> 'plpgsql'"
    object_type = "OBJECT_EXTENSION"
    droppable = False
    nodes = MappingProxyType({"CreateExtensionStmt": ""})
    select = """
        SELECT e.oid, '', e.extname, '', format('CREATE EXTENSION %I SCHEMA %I', e.extname, n.nspname), '{}'::text[], ''
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.oid >= 16384 AND e.extname <> 'plpgsql'"""


KIND = ExtensionKind()
