"""Procedures.

https://www.postgresql.org/docs/current/sql-createprocedure.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.entity import entity
from alembic_ext.kinds._common import Routine, routine_select
from alembic_ext.kinds._routine import DeclaredRoutine
from alembic_ext.sqltext.edit import or_replace


class ProcedureKind(Routine):
    """CREATE OR REPLACE PROCEDURE keeps owner, grants and comment; names of parameters stay."""

    name, catalog, rank, managed = "procedure", "pg_proc", 31, True
    locks = True
    sign = "prokind = 'p'"
    object_type = "OBJECT_PROCEDURE"
    nodes = MappingProxyType({"CreateFunctionStmt": "is_procedure=True"})
    select = routine_select("'p'")

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = ProcedureKind()


@entity
class Procedure(DeclaredRoutine):
    """A procedure, with the terms of CREATE PROCEDURE.

    >>> print(Procedure("close(month date)", language="plpgsql", body="BEGIN COMMIT; END").sql, end="")
    CREATE PROCEDURE close(month date)
    LANGUAGE plpgsql
    AS $$BEGIN COMMIT; END$$;

    Args:
        signature: name and arguments as SQL: ``close(month date, INOUT done boolean)``.
        language: ``sql`` where it is not given.
        body: the source text, stored to the byte; or, in SQL, ``BEGIN ATOMIC … END``.
        security: ``"definer"`` or ``"invoker"``, the server's default.
        set: settings while it runs: ``{"search_path": "app, pg_temp"}``; None is FROM CURRENT.
        transform: types whose transforms are used.
        schema: None is the default schema.
        comment: text of COMMENT ON PROCEDURE.
        owner: a role.
        grants: grantee to privileges: ``{"app": "execute", "public": None}``; None takes all from the grantee.

    https://www.postgresql.org/docs/current/sql-createprocedure.html
    """

    KIND = KIND
