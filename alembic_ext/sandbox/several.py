"""The sandboxes of one run: their server is found once, and the first of them may be made while others still read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager

from alembic_ext.background import background
from alembic_ext.options import Options
from alembic_ext.sandbox import Sandbox, sandbox
from alembic_ext.sandbox.server import Server, server
from alembic_ext.session import Live

log = logging.getLogger(f"alembic.{__name__}")


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
        stack, place = self._first.result() if self._first is not None else self._made()
        self._first = None  # it is another's to end from now on
        with stack:
            yield place

    def close(self) -> None:
        """Drop what was made and not asked for, and stop a server that was started for it."""
        with self._stack:
            if self._first is not None:
                try:
                    stack, _ = self._first.result()
                    stack.close()
                except Exception as error:  # nobody needed it
                    log.debug("a sandbox that was not used: %s", error)

    def _server(self) -> Server:
        if self._found is None:
            any_major = self._options.sandbox_major == "any"
            self._found = self._stack.enter_context(server(self._known, self._options.sandbox, any_major))
        return self._found

    def _made(self) -> tuple[ExitStack, Sandbox]:
        with ExitStack() as stack:
            place = stack.enter_context(sandbox(self._known, self._server()))
            return stack.pop_all(), place
