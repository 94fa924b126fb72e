"""Functions, window functions among them; aggregates are a kind of their own.

https://www.postgresql.org/docs/current/sql-createfunction.html
"""

from __future__ import annotations

from alembic_ext.kinds._common import Routine, routine_select
from alembic_ext.sqltext import or_replace


class FunctionKind(Routine):
    """CREATE OR REPLACE FUNCTION keeps owner, grants and comment; names of parameters and the result's type stay."""

    name, catalog, rank, managed = "function", "pg_proc", 30, True
    object_type = "OBJECT_FUNCTION"
    select = routine_select("'f', 'w'")

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = FunctionKind()
