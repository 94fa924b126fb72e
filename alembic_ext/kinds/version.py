"""Versions of extensions, compared where they are declared.

https://www.postgresql.org/docs/current/sql-alterextension.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.kinds import AspectKind
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, literal
from alembic_ext.sqltext.edit import words_of


class VersionKind(AspectKind):
    """A version that is declared no more stays as it is."""

    name, rank, leads = "version", 5, True
    select = """
        SELECT 'pg_extension'::regclass::oid, e.oid, '', '', '', e.extversion
        FROM pg_extension e WHERE e.oid >= 16384 AND e.extname <> 'plpgsql'"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        if statement.node != "AlterExtensionStmt" or "options" not in statement.tree:
            return ()
        return ((Address("extension", (statement.tree["extname"],)), self.name, statement.text),)

    def within(self, create: str) -> bool:
        return any(word.is_("version") for word in words_of(create))

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        return Aspect(self.name, (f"ALTER EXTENSION {identity} UPDATE TO {literal(values[0])}",), ("",))


KIND = VersionKind()
