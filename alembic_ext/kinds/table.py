"""Tables, partitioned ones and partitions included. Alembic changes them; they are read and rebuilt.

https://www.postgresql.org/docs/current/sql-createtable.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import (
    ACCESS_METHOD,
    RELATION,
    TABLESPACE,
)
from alembic_ext.kinds._table import ATTACHED, INHERITS, column_list, inheritance


class TableKind(Kind):
    """A table is made whole but for defaults, constraints and whatever else is an object of its own."""

    name, catalog, rank = "table", "pg_class", 40
    sign = "relkind IN ('r', 'p')"
    object_type = "OBJECT_TABLE"
    owner = "relowner"
    droppable = False
    nodes = MappingProxyType({"CreateStmt": "", "CreateTableAsStmt": "objtype=OBJECT_TABLE"})
    advice = "tables belong to the models"
    commented_by_models = True

    def query(self, version: int) -> str:
        return f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format('CREATE %sTABLE %I.%I%s%s%s%s%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
                      n.nspname, c.relname,
                      CASE WHEN c.reloftype <> 0 THEN ' OF ' || c.reloftype::regtype END,
                      coalesce({column_list(version)}, CASE WHEN c.reloftype = 0 THEN ' ()' END),
                      {INHERITS},
                      CASE WHEN c.relkind = 'p' THEN E'\\nPARTITION BY ' || pg_get_partkeydef(c.oid) END,
                      {ACCESS_METHOD}, {TABLESPACE}),
               {ATTACHED}
               || {inheritance(version, "TABLE")}, ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND {RELATION}"""


KIND = TableKind()
