"""In the child process: what a revision sends to the server is heard, and run by a `Runner` instead.

SQLAlchemy's events are below its own; what goes past SQLAlchemy is heard at the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from alembic.operations.batch import BatchOperationsImpl
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_ext.lint.lines import Batch, Placed, lines
from alembic_ext.lint.observer import Observer
from alembic_ext.lint.past import heard
from alembic_ext.lint.runner import Runner
from alembic_ext.lint.sent import shown as shown_of


class Listener:
    """Hears one connection, while the file of a revision runs."""

    def __init__(self, runner: Runner, server: Observer, file: str) -> None:
        self._runner, self._server, self.file = runner, server, file
        self.batch: tuple[Placed, ...] = ()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Meanwhile it is all ears."""
        hooks: dict[str, Callable[..., Any]] = {
            "do_execute": self._execute,
            "do_execute_no_params": self._execute_plain,
            "do_executemany": self._execute_many,
        }
        for name, hook in hooks.items():
            event.listen(PGDialect, name, hook)
        init: Any = BatchOperationsImpl.__init__
        listener, patched = self, cast("Any", BatchOperationsImpl)

        def placed(batch: Any, *args: Any, **words: Any) -> None:
            init(batch, *args, **words)
            batch.batch = Batch(listener)

        patched.__init__ = placed
        try:
            with heard(self._server.driver, self._past):
                yield
        finally:
            patched.__init__ = init
            for name, hook in hooks.items():
                event.remove(PGDialect, name, hook)

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        def run(text: str) -> None:
            cursor.execute(text, parameters)

        style = context.dialect.paramstyle
        return self._seen(statement, run, context, shown_of(parameters, style), bound=bool(parameters))

    def _execute_plain(self, cursor: Any, statement: str, context: Any) -> bool | None:
        return self._seen(statement, cursor.execute, context, str)

    def _execute_many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        def run(text: str) -> None:
            cursor.executemany(text, parameters)

        shown = shown_of(parameters[0] if parameters else (), context.dialect.paramstyle)
        return self._seen(statement, run, context, shown, bound=True)

    def _seen(
        self, statement: str, run: Callable[[str], None], context: Any, shown: Callable[[str], str], *,
        bound: bool = False,
    ) -> bool | None:  # fmt: skip
        """True where it was run here; None where SQLAlchemy is to run it."""
        places = self.batch or lines(self.file)
        if context.root_connection.connection.dbapi_connection is not self._server.driver:
            self._runner.records.append(self._runner.unseen(statement, places) | {"own_connection": True})
            return None
        with self._server.quiet():
            self._runner.run(statement, run, places, shown, bound=bound)
        return True

    def _past(self, run: Callable[[Any], Any], query: Any, parameters: Any) -> Any:
        """What is sent past SQLAlchemy is seen too, and gives what it gave."""
        if self._server.busy or not isinstance(query, str):
            return run(query)
        given: list[Any] = []
        shown = shown_of(parameters, "pyformat") if parameters else str
        self._runner.past = True
        try:
            with self._server.quiet():
                self._runner.run(
                    query, lambda text: given.append(run(text)), lines(self.file), shown, bound=bool(parameters)
                )
        finally:
            self._runner.past = False
        return given[-1] if given else None
