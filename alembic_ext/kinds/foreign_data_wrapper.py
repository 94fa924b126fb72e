"""Foreign-data wrappers that no extension made.

https://www.postgresql.org/docs/current/sql-createforeigndatawrapper.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import foreign_options, own


class ForeignDataWrapperKind(Kind):
    """It lives in no schema; only a superuser makes one."""

    name, catalog, rank, word = "foreign-data wrapper", "pg_foreign_data_wrapper", 36, "FOREIGN DATA WRAPPER"
    in_schema = False
    sign = "true"
    object_type = "OBJECT_FDW"
    owner = "fdwowner"
    nodes = MappingProxyType({"CreateFdwStmt": ""})
    droppable = False
    select = f"""
        SELECT w.oid, '', w.fdwname, '',
               format('CREATE FOREIGN DATA WRAPPER %I%s%s%s', w.fdwname,
                      CASE WHEN w.fdwhandler <> 0 THEN ' HANDLER ' || w.fdwhandler::regproc END,
                      CASE WHEN w.fdwvalidator <> 0 THEN ' VALIDATOR ' || w.fdwvalidator::regproc END,
                      {foreign_options("w.fdwoptions")}), '{{}}'::text[], ''
        FROM pg_foreign_data_wrapper w
        WHERE {own("pg_foreign_data_wrapper", "w.oid")}"""


KIND = ForeignDataWrapperKind()
