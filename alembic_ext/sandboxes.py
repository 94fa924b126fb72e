"""The sandboxes of one run: their server is found once, and the first of them may be made while others still read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager, suppress

from alembic_ext.background import background
from alembic_ext.errors import AlembicExtError
from alembic_ext.options import Options
from alembic_ext.sandbox import Sandbox, Server, sandbox, server
from alembic_ext.session import Live


class Sandboxes:
    """Where this run tries what it plans; at the end nothing of it is left."""

    def __init__(self, known: Live, options: Options) -> None:
        self._known, self._options = known, options
        self._stack = ExitStack()
        self._found: Server | None = None
        self._first: Future[tuple[ExitStack, Sandbox]] | None = None

    def begin(self) -> None:
        """Make the first in a thread, for a run that is known to need one; why there is none is told to who asks."""
        self._first = background(self._made)

    @property
    def server(self) -> Server:
        """The server on which they are made.

        Raises:
            SandboxUnavailable: there is none.
        """
        if self._first is not None:
            wait([self._first])
        return self._server()

    @contextmanager
    def one(self) -> Iterator[Sandbox]:
        """An empty sandbox, dropped at the end.

        Raises:
            SandboxUnavailable: none can be made.
        """
        first, self._first = self._first, None
        stack, place = first.result() if first is not None else self._made()
        with stack:
            yield place

    def close(self) -> None:
        """Drop what was made and not asked for, and stop a server that was started for it."""
        with self._stack:
            if self._first is not None:
                with suppress(AlembicExtError):
                    stack, _ = self._first.result()
                    stack.close()

    def _server(self) -> Server:
        if self._found is None:
            any_major = self._options.sandbox_major == "any"
            self._found = self._stack.enter_context(server(self._known, self._options.sandbox, any_major))
        return self._found

    def _made(self) -> tuple[ExitStack, Sandbox]:
        with ExitStack() as stack:
            place = stack.enter_context(sandbox(self._known, self._server()))
            return stack.pop_all(), place
