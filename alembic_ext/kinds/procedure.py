"""Procedures.

https://www.postgresql.org/docs/current/sql-createprocedure.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import Routine, routine_select
from alembic_ext.sqltext import or_replace


class ProcedureKind(Routine):
    """CREATE OR REPLACE PROCEDURE keeps owner, grants and comment; names of parameters stay."""

    name, catalog, rank, managed = "procedure", "pg_proc", 31, True
    object_type = "OBJECT_PROCEDURE"
    nodes = MappingProxyType({"CreateFunctionStmt": "is_procedure=True"})
    select = routine_select("'p'")

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = ProcedureKind()
