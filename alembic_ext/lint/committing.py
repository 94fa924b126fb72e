"""In the child process: whether a connection commits each statement by itself."""

from __future__ import annotations

from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Transaction

_LEVEL = "isolation_level"


def level(connection: Connection) -> str | None:
    """The isolation level that was asked for."""
    return connection.get_execution_options().get(_LEVEL)


def commits(connection: Any) -> bool:
    """Whether each statement commits itself: in an ``autocommit_block``, or because env.py made the engine so."""
    return (level(connection) or getattr(connection.dialect, "_on_connect_isolation_level", None)) == "AUTOCOMMIT"


def restored(
    context: MigrationContext, connection: Connection, transaction: Transaction | None, before: str | None
) -> None:
    """Undo what an ``autocommit_block`` leaves that cannot be left, as after commit(): all would commit itself."""
    if not commits(connection) or before == "AUTOCOMMIT":
        return
    if left := connection.get_transaction():
        left.rollback()
    connection.execution_options(isolation_level=before or connection.default_isolation_level)
    context.connection = context.impl.connection = connection
    context._transaction = transaction and connection.begin()
