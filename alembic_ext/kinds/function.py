"""Functions, window functions among them; aggregates are a kind of their own.

https://www.postgresql.org/docs/current/sql-createfunction.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import Routine, routine_select
from alembic_ext.model import Address
from alembic_ext.parsetree import ANY_ROUTINE, Node, routine
from alembic_ext.sqltext import or_replace


class FunctionKind(Routine):
    """CREATE OR REPLACE FUNCTION keeps owner, grants and comment; names of parameters and the result's type stay."""

    name, catalog, rank, managed = "function", "pg_proc", 30, True
    object_type = "OBJECT_FUNCTION"
    nodes = MappingProxyType({"CreateFunctionStmt": "is_procedure="})
    select = routine_select("'f', 'w'")

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterFunctionStmt" and tree["objtype"] == "OBJECT_ROUTINE":
            return Address(ANY_ROUTINE, *routine(tree["func"]))
        return super().altered_by(node, tree)

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = FunctionKind()
