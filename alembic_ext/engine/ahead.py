"""The user's database is read on a connection of our own while Alembic reflects on its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from alembic_ext.background import background
from alembic_ext.engine import locks
from alembic_ext.errors import AlembicExtError
from alembic_ext.session import PRINTING, Live, Rows, Session, live, reader, spare, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Connection

    from alembic_ext.catalog import Answers
    from alembic_ext.model import Snapshot
    from alembic_ext.options import Options
    from alembic_ext.sandbox.several import Sandboxes

log = logging.getLogger(f"alembic.{__name__}")


class Ahead:
    """What is done for one run beside Alembic, so that it need not be waited for."""

    def __init__(self, connection: Connection | None, options: Options) -> None:
        self._connection, self._options = connection, options
        self._known: Live | None = None
        self._reading: Future[Reading] | None = None
        self._bound, self._stack = ExitStack(), ExitStack()

    def begin(self) -> Live:
        """Start to read, unless Alembic's transaction has written already, so that only it sees the truth.

        And bound the time that Alembic's own reflection waits for locks. Gives what the live session is.
        """
        if self._known is None:
            assert self._connection is not None
            self._known = live(self._connection)
            self._bound.callback(locks.bound(self._connection, self._known, self._options.lock_timeout))
            if not self._known.writing:
                self._reading = self._reads(self._known)
        return self._known

    def _reads(self, known: Live) -> Future[Reading]:
        """The read, begun on two sessions; while they are opened, what it takes to read is imported."""
        first, second = (background(reader, known, self._options.lock_timeout, PRINTING) for _ in range(2))
        with ExitStack() as unread:
            unread.callback(_close, first)
            unread.callback(_close, second)
            from alembic_ext import catalog  # noqa: F401

            _ = self._options.asked  # the kinds are imported now: two threads would wait for each other
            return background(_read, first, second, known.version, self._options, unread.pop_all())

    def result(self) -> tuple[Live, Reading]:
        """The live session and what was read; waits for it, or reads where it was not begun.

        Raises:
            Locked: another session holds a lock on something that has to be read.
        """
        import psycopg

        known = self.begin()
        self._bound.close()
        if self._reading is not None:
            try:
                return known, self._reading.result()
            except psycopg.OperationalError as error:
                if error.sqlstate is not None:
                    problem = "the database could not be read"
                    raise AlembicExtError(problem, server=str(error).strip(), help="try again") from error
                log.warning("no second connection can be opened; reading on Alembic's: %s", error)
        from alembic_ext import catalog

        assert self._connection is not None
        reading = Reading(catalog.Answers(query := through(self._connection)), known.version, self._options.asked)
        with catalog.settings(query, PRINTING):
            _ = reading.snapshot
        return known, reading

    @cached_property
    def sandboxes(self) -> Sandboxes:
        """Where this run tries what it plans."""
        from alembic_ext.sandbox.several import Sandboxes

        made = Sandboxes(self.begin(), self._options)
        self._stack.callback(made.close)
        return made

    def make_room(self) -> None:
        """Make the first sandbox already, unless another server than the live one was asked for."""
        if self._known is not None and not self._known.standby and self._options.sandbox is None:
            self.sandboxes.begin()

    def close(self) -> None:
        """End what is left of it."""
        with self._bound, self._stack:
            pass


_under_way: WeakKeyDictionary[AutogenContext, Ahead] = WeakKeyDictionary()


def of(context: AutogenContext, options: Options) -> Ahead:
    """That of a run; Alembic calls us twice in each."""
    return _under_way.setdefault(context, Ahead(context.connection, options))


class Reading:
    """What was read of the live database: rows, and what they tell."""

    def __init__(self, answers: Answers, version: int, asked: frozenset[str]) -> None:
        self._answers, self._version, self._asked = answers, version, asked

    @cached_property
    def mark(self) -> str:
        """By which these rows are known again."""
        from alembic_ext.cache import digest

        return digest(sorted(self._answers.items()))

    @cached_property
    def snapshot(self) -> Snapshot:
        from alembic_ext.catalog import snapshot

        found, _ = snapshot(self._answers.__getitem__, self._version, options=self._asked), self.mark
        self._answers.clear()
        return found


def _read(
    first: Future[Session], second: Future[Session], version: int, options: Options, unread: ExitStack
) -> Reading:
    from alembic_ext import catalog
    from alembic_ext.engine.unchanged import seen

    if first.exception() is not None:
        first, second = second, first  # the server may have had a place for one
    with unread, locks.explained(first.result().rows):
        query, beside = first.result().rows, partial(spare, second.result)
        answers = catalog.answered(query, beside, version, options=options.asked)
    reading = Reading(answers, version, options.asked)
    if not seen(reading.mark, options):
        _ = reading.snapshot  # while Alembic reflects
    return reading


def _close(opened: Future[Session]) -> None:
    with suppress(Exception):  # it was not opened, and who needed it was told
        opened.result().close()


@contextmanager
def reading(context: AutogenContext, known: Live, lock_timeout: str) -> Iterator[Callable[[str], Rows]]:
    """A function that gives the rows of a SELECT: on a session of our own, or on Alembic's where only that will do."""
    import psycopg

    assert context.connection is not None
    query: Callable[[str], Rows] = through(context.connection)
    with ExitStack() as stack:
        if not known.writing:
            try:
                query = stack.enter_context(closing(reader(known, lock_timeout))).rows
            except psycopg.OperationalError as error:
                log.warning("no second connection can be opened; reading on Alembic's: %s", error)
        stack.enter_context(locks.explained(query))
        yield query
