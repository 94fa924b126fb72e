"""Foreign tables, partitions among them.

https://www.postgresql.org/docs/current/sql-createforeigntable.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import RELATION, column_state, foreign_options
from alembic_ext.kinds._table import ATTACHED, INHERITS, column_list, inheritance


class ForeignTableKind(Kind):
    """Its rows are elsewhere; nobody but its owner knows what else is lost with it."""

    name, catalog, rank = "foreign table", "pg_class", 41
    sign = "relkind = 'f'"
    object_type = "OBJECT_FOREIGN_TABLE"
    owner = "relowner"
    nodes = MappingProxyType({"CreateForeignTableStmt": ""})
    droppable = False
    advice = "foreign tables are made in a revision by hand"

    def query(self, version: int) -> str:
        return f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format(E'CREATE FOREIGN TABLE %I.%I%s%s\\nSERVER %I%s', n.nspname, c.relname,
                      coalesce({column_list(version)}, ' ()'), {INHERITS}, s.srvname, {foreign_options("f.ftoptions")}),
               {ATTACHED} || {inheritance(version, "TABLE")} || {column_state("FOREIGN TABLE")}, ''
        FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_foreign_server s ON s.oid = f.ftserver
        WHERE {RELATION}"""


KIND = ForeignTableKind()
