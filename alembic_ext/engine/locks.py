"""Waiting for locks that others hold: bounded, and reported with who holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_ext.errors import Locked
from alembic_ext.session import READ_ONLY, Live, Rows, bounded, open_session, sqlstate, through

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, ExceptionContext

TIMED_OUT = "55P03"


def bound(connection: Connection, known: Live, timeout: str) -> Callable[[], None]:
    """Give Alembic's transaction a lock_timeout; a smaller one that the user has set stays.

    When a statement of Alembic's runs into it, the error names who holds the lock, until what is given back is called.
    """
    from sqlalchemy import event

    through(connection)(bounded(timeout, local=True))
    through(connection)(bounded(timeout, local=False))  # in AUTOCOMMIT the first was over with its own statement

    def explain(context: ExceptionContext) -> None:
        if context.connection is connection and sqlstate(context.original_exception) == TIMED_OUT:
            session = open_session(known, READ_ONLY)
            try:
                raise locked(session.rows, str(context.original_exception)) from context.original_exception
            finally:
                session.close()

    event.listen(connection.engine, "handle_error", explain)
    return lambda: event.remove(connection.engine, "handle_error", explain)


def locked(query: Callable[[str], Rows], words: str) -> Locked:
    """Who holds an exclusive lock on a relation of this database, as an error."""
    rows = query(
        "SELECT l.pid, l.relation::regclass::text, coalesce(a.usename::text, '?'), coalesce(a.application_name, ''), "
        "coalesce(a.state, '?') FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) "
        "WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.locktype = 'relation' AND l.relation >= 16384 "
        "AND l.pid <> pg_backend_pid() "
        "AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) ORDER BY 1, 2"
    )
    held = [
        f"process {pid} ({user}{name and ', ' + name}, {state}) holds {relation}"
        for pid, relation, user, name, state in rows
    ]
    return Locked(
        "a lock that another session holds was not released in time",
        server=words.strip().splitlines()[0],
        help="; ".join(held) + ("; wait for it or end it, then try again" if held else "try again"),
    )


@contextmanager
def explained(query: Callable[[str], Rows]) -> Iterator[None]:
    """A read of ours that runs into its lock_timeout says who holds the lock."""
    try:
        yield
    except Exception as error:
        if sqlstate(error) == TIMED_OUT:
            raise locked(query, str(error)) from error
        raise
