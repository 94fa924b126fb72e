"""Foreign servers. Who logs in there, and how, is in user mappings, which are not read: they hold passwords.

https://www.postgresql.org/docs/current/sql-createserver.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import foreign_options, own


class ServerKind(Kind):
    """It lives in no schema."""

    name, catalog, rank = "server", "pg_foreign_server", 37
    in_schema = False
    sign = "true"
    object_type = "OBJECT_FOREIGN_SERVER"
    owner = "srvowner"
    nodes = MappingProxyType({"CreateForeignServerStmt": ""})
    droppable = False
    select = f"""
        SELECT s.oid, '', s.srvname, '',
               format('CREATE SERVER %I%s%s FOREIGN DATA WRAPPER %I%s', s.srvname, ' TYPE ' || quote_literal(s.srvtype),
                      ' VERSION ' || quote_literal(s.srvversion), w.fdwname, {foreign_options("s.srvoptions")}),
               '{{}}'::text[], ''
        FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
        WHERE {own("pg_foreign_server", "s.oid")}"""


KIND = ServerKind()
