"""The user's database is read on a connection of our own while Alembic reflects on its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from alembic_ext import catalog, locks
from alembic_ext.errors import AlembicExtError
from alembic_ext.model import Snapshot
from alembic_ext.session import Live, Rows, live, reading, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Connection

    from alembic_ext.options import Options

log = logging.getLogger(f"alembic.{__name__}")


@dataclass(frozen=True)
class Ahead:
    """What is known of the live session, the read that is under way, and what takes back the bound on waiting."""

    known: Live
    snapshot: Future[Snapshot] | None
    release: Callable[[], None]


_under_way: WeakKeyDictionary[AutogenContext, Ahead] = WeakKeyDictionary()


def begin(context: AutogenContext, options: Options) -> None:
    """Start to read, unless Alembic's transaction has written already, so that only it sees the truth.

    And bound the time that Alembic's own reflection waits for locks.
    """
    assert context.connection is not None
    known = live(context.connection)
    release = locks.bound(context.connection, known, options.lock_timeout)
    future = None
    if not known.writing:
        pool = ThreadPoolExecutor(1, "alembic-ext")
        future = pool.submit(_read, known, options)
        pool.shutdown(wait=False)
    _under_way[context] = Ahead(known, future, release)


def result(context: AutogenContext, options: Options) -> tuple[Live, Snapshot]:
    """The live session and what its database holds; waits for the read, or reads where none was begun.

    Raises:
        Locked: another session holds a lock on something that has to be read.
    """
    import psycopg

    if context not in _under_way:
        begin(context, options)
    ahead = _under_way.pop(context)
    ahead.release()
    if ahead.snapshot is not None:
        try:
            return ahead.known, ahead.snapshot.result()
        except psycopg.OperationalError as error:
            if error.sqlstate is not None:
                problem = "the database could not be read"
                raise AlembicExtError(problem, server=str(error).strip(), help="try again") from error
            log.warning("no second connection can be opened; reading on Alembic's: %s", error)
    connection: Connection | None = context.connection
    assert connection is not None
    return ahead.known, catalog.read(through(connection), ahead.known.version, options=options.asked)


def _read(known: Live, options: Options) -> Snapshot:
    with reading(known, options.lock_timeout) as session, locks.explained(session.rows):
        return catalog.read(session.rows, known.version, options=options.asked)


@contextmanager
def reader(context: AutogenContext, known: Live, lock_timeout: str) -> Iterator[Callable[[str], Rows]]:
    """A function that gives the rows of a SELECT: on a session of our own, or on Alembic's where only that will do."""
    import psycopg

    assert context.connection is not None
    query: Callable[[str], Rows] = through(context.connection)
    with ExitStack() as stack:
        if not known.writing:
            try:
                query = stack.enter_context(reading(known, lock_timeout)).rows
            except psycopg.OperationalError as error:
                log.warning("no second connection can be opened; reading on Alembic's: %s", error)
        stack.enter_context(locks.explained(query))
        yield query
