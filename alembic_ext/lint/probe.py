"""In the child process: a revision's upgrade is run, and after each of its statements the server is asked what it did.

Its statements are heard by `listener`, run by `runner`, and `observer` asks what they did.

When a revision fails it is taken back and run once more, this time over what fails, so that the rest is seen too. That
also shows which failures are owed to the savepoint around the whole: what fails then is told. What takes too long is
ended by the parent, which cancels statements, or by an alarm here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from alembic.runtime.migration import MigrationContext

from alembic_ext.errors import plainly
from alembic_ext.lint.alarm import Late, alarmed
from alembic_ext.lint.committing import level, restored
from alembic_ext.lint.facts import told
from alembic_ext.lint.lines import Placed, lines
from alembic_ext.lint.listener import Listener
from alembic_ext.lint.loops import loops_in, rounds_in
from alembic_ext.lint.models import models_in
from alembic_ext.lint.observer import Observer
from alembic_ext.lint.runner import CANCELLED, Runner
from alembic_ext.session import sqlstate

_SAVED = "alembic_ext_probe_whole"
_ABORTED = "25P02"  # in_failed_sql_transaction


def watched(context: MigrationContext, script: Any, work: Callable[[], None], *, limit: float = 0) -> dict[str, Any]:
    """What the upgrade of a revision did; see `trace.Trace.of`. It may take ``limit`` seconds, if any."""
    return Probe(context, script.revision, script.path, limit).run(work)


class Probe:
    """Watches one connection while a revision runs."""

    def __init__(self, context: MigrationContext, revision: str, file: str, limit: float) -> None:
        assert context.connection is not None
        self._context, self._connection = context, context.connection
        self._began = (context._transaction, level(context.connection))
        self._server = Observer(context.connection)
        self._revision, self._file, self._limit = revision, file, limit
        self.runner = Runner(context.connection, self._server, limit)
        self._listener = Listener(self.runner, self._server, file)
        self._clear()

    def _clear(self) -> None:
        self.runner.records = []
        self._error = ""
        self._error_places: tuple[Placed, ...] = ()
        self._routines: dict[str, Any] | None = None

    def run(self, work: Callable[[], None], *, again: bool = True) -> dict[str, Any]:
        """Run the upgrade, and tell what it did; what it raises is told, not raised."""
        self._server.begin()
        with self._listener.listening():
            self.runner.send(f"SAVEPOINT {_SAVED}", quiet=True)
            self._server.enter()
            error = self._try(work, self._limit + 1)
            if error is not None and again and self._back(error):
                self.runner.failed = self.runner.records[-1]["sql"] if self.runner.records else ""
                self._clear()
                self._server.forget()
                self.runner.lenient = True
                error = self._try(work, 3)
            if error is None:
                with suppress(Exception):  # the transaction has failed, or the connection is gone: Alembic will say it
                    self._see_the_rest()
                    self._routines = self._server.routines()
        return told(self._server.facts, self.runner.records) | {
            "revision": self._revision,
            "error": self._error,
            "error_places": self._error_places,
            "lenient": self.runner.lenient,
            "models": models_in(self._file),
            "loops": loops_in(self._file),
            "rounds": rounds_in(self._file),
            "routines": self._routines,
        }

    def _see_the_rest(self) -> None:
        """Tell what was done by nobody knows what: over the driver's own cursor, past SQLAlchemy.

        What only reads is not told: our own questions hold such locks too.
        """
        record = self.runner.unseen("", ())
        seen = [one for one in self.runner.records if one["observed"]]
        last: dict[str, Any] = seen[-1] if seen else {}
        self._server.note(record)
        self._server.look(record)
        before = last.get("locks", {}) if last.get("transaction") == record["transaction"] else {}
        locked = any({*modes} - {"AccessShare", *before.get(oid, ())} for oid, modes in record["locks"].items())
        if locked or record["dropped"] or any(map(any, record["did"].values())):
            self.runner.records.append(record)

    def _back(self, error: BaseException) -> bool:
        """Whether all was taken back, so that it can be run once more."""
        if isinstance(error, Late) or (sqlstate(error) == CANCELLED and not self.runner.cancelled):
            return False  # nobody knows how to pass over what took so long
        try:
            self.runner.send(f"ROLLBACK TO SAVEPOINT {_SAVED}")
            self.runner.send(f"RELEASE SAVEPOINT {_SAVED}")
        except Exception:  # it committed, or the connection is gone
            with suppress(Exception):
                self._server.driver.rollback()
            return False
        return True

    def _try(self, work: Callable[[], None], seconds: float) -> BaseException | None:
        """Why it did not end well."""
        try:
            with alarmed(seconds if self._limit else 0):
                work()
        except (Exception, Late) as error:  # whatever the project raises
            words = str(getattr(error, "orig", "") or "").strip() or plainly(error) or type(error).__name__
            if isinstance(error, Late) or sqlstate(error) == CANCELLED:
                words = f"it takes longer than the limit of {self._limit:g} s ({words})"
            self._error, self._error_places = words, lines(self._file, error.__traceback__)
            failed = [one for one in self.runner.records if one["error"]]
            if sqlstate(error) == _ABORTED and failed:  # what went wrong was before that
                self._error, self._error_places = failed[-1]["error"], failed[-1]["places"]
            restored(self._context, self._connection, *self._began)
            return error
        return None
