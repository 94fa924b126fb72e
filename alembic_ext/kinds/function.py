"""Functions, window functions among them; aggregates are a kind of their own.

https://www.postgresql.org/docs/current/sql-createfunction.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Literal

from alembic_ext.entity import entity
from alembic_ext.kinds._common import Routine, routine_select
from alembic_ext.kinds._routine import DeclaredRoutine
from alembic_ext.model import Address
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import ANY_ROUTINE, Node, routine


class FunctionKind(Routine):
    """CREATE OR REPLACE FUNCTION keeps owner, grants and comment; names of parameters and the result's type stay."""

    name, catalog, rank, managed = "function", "pg_proc", 30, True
    locks = True
    sign = "prokind IN ('f', 'w')"
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


@entity
class Function(DeclaredRoutine):
    """A function, with the terms of CREATE FUNCTION.

    >>> print(Function("twice(n integer)", returns="integer", body="SELECT n * 2", volatility="immutable").sql, end="")
    CREATE FUNCTION twice(n integer) RETURNS integer
    LANGUAGE sql
    IMMUTABLE
    AS $$SELECT n * 2$$;

    Args:
        signature: name and arguments as SQL: ``touch(a integer, b text DEFAULT 'x', OUT c integer)``. As in SQL, a name
            with capitals has to be quoted in it.
        returns: the type of the result: ``integer``, ``SETOF account``, ``TABLE (id integer, name text)``, ``trigger``.
            None where OUT arguments say it.
        language: ``sql`` where it is not given.
        body: the source text, stored to the byte; or, in SQL, ``RETURN …`` or ``BEGIN ATOMIC … END``; or, in C, the
            pair of object file and link symbol.
        volatility: ``"immutable"``, ``"stable"`` or ``"volatile"``, the server's default.
        strict: whether it is NULL for a NULL argument without being called.
        leakproof: whether it tells nothing about its arguments but by its result.
        security: ``"definer"`` or ``"invoker"``, the server's default.
        parallel: ``"safe"``, ``"restricted"`` or ``"unsafe"``, the server's default.
        window: whether it is a window function.
        cost: the estimated cost of a call, in units of cpu_operator_cost.
        rows: the estimated number of rows of a result.
        support: the name of its planner support function.
        set: settings while it runs: ``{"search_path": "app, pg_temp", "work_mem": "64MB"}``; None is FROM CURRENT.
        transform: types whose transforms are used.
        schema: None is the default schema.
        comment: text of COMMENT ON FUNCTION.
        owner: a role.
        grants: grantee to privileges: ``{"app": "execute", "public": None}``; None takes all from the grantee.

    https://www.postgresql.org/docs/current/sql-createfunction.html
    """

    KIND = KIND

    _: KW_ONLY
    returns: str | None = None
    volatility: Literal["immutable", "stable", "volatile"] | None = None
    strict: bool | None = None
    leakproof: bool | None = None
    parallel: Literal["safe", "restricted", "unsafe"] | None = None
    window: bool = False
    cost: float | None = None
    rows: float | None = None
    support: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("volatility", self.volatility, "immutable", "stable", "volatile")
        self._check_word("parallel", self.parallel, "safe", "restricted", "unsafe")

    def _returns(self) -> str:
        return f" RETURNS {self.returns}" if self.returns else ""

    def _options(self) -> Iterator[str]:
        words = [
            "WINDOW" if self.window else "",
            (self.volatility or "").upper(),
            {True: "STRICT", False: "CALLED ON NULL INPUT", None: ""}[self.strict],
            {True: "LEAKPROOF", False: "NOT LEAKPROOF", None: ""}[self.leakproof],
            f"PARALLEL {self.parallel.upper()}" if self.parallel else "",
            f"COST {self.cost}" if self.cost is not None else "",
            f"ROWS {self.rows}" if self.rows is not None else "",
            f"SUPPORT {self.support}" if self.support else "",
        ]
        yield " ".join(filter(None, words))
