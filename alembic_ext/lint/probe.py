"""In the child process: a revision's upgrade is run, and after each of its statements the server is asked what it did.

Each statement is run here, below SQLAlchemy's events, with a savepoint, so that one that fails can be told from the
rest; what it did is asked by `observer`. Where the revision commits by itself (``autocommit_block``), a statement that
may run in a transaction is given one, or its locks were gone before they can be read; one that may not is run as it is.

When a revision fails it is taken back and run once more, this time over what fails, so that the rest is seen too. That
also shows which failures are owed to the savepoint around the whole: what fails then is told. What takes too long is
ended by the parent, which cancels statements, or by an alarm here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

from alembic.operations.batch import BatchOperationsImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_ext.errors import plainly
from alembic_ext.lint.alarm import Late, alarmed
from alembic_ext.lint.committing import commits, level, restored
from alembic_ext.lint.facts import told
from alembic_ext.lint.lines import Batch, Placed, is_direct, lines
from alembic_ext.lint.loops import loops_in, rounds_in
from alembic_ext.lint.models import models_in
from alembic_ext.lint.observer import Observer
from alembic_ext.lint.outside import outside
from alembic_ext.lint.past import heard
from alembic_ext.lint.sent import (
    BLOCKS,
    COMMITS,
    ENDS,
    MAKES,
    TRANSACTION,
    UNSAVED,
    Piece,
    piece_of,
    pieces_of,
    wrong,
)
from alembic_ext.lint.sent import shown as shown_of
from alembic_ext.session import sqlstate

_SAVED = "alembic_ext_probe"
_CANCELLED, _ABORTED = "57014", "25P02"


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
        self._revision, self.file, self._limit = revision, file, limit
        self.batch: tuple[Placed, ...] = ()
        self.lenient, self._failed = False, ""
        self._cancelled: set[str] = set()
        self._running, self._is_past = "", False
        self._begun = False
        """Whether it has begun a transaction itself, where each statement commits."""
        self._clear()

    def _clear(self) -> None:
        self._statements: list[dict[str, Any]] = []
        self._error = ""
        self._error_places: tuple[Placed, ...] = ()
        self._routines: dict[str, Any] | None = None

    def run(self, work: Callable[[], None], *, again: bool = True) -> dict[str, Any]:
        """Run the upgrade, and tell what it did; what it raises is told, not raised."""
        self._server.begin()
        with self._listening():
            self.send(f"SAVEPOINT {_SAVED}_whole", quiet=True)
            self._server.enter()
            error = self._try(work, self._limit + 1)
            if error is not None and again and self._back(error):
                self._failed = self._statements[-1]["sql"] if self._statements else ""
                self._clear()
                self._server.forget()
                self.lenient = True
                error = self._try(work, 3)
            if error is None:
                with suppress(Exception):  # the transaction has failed, or the connection is gone: Alembic will say it
                    self._see_the_rest()
                    self._routines = self._server.routines()
        return told(self._server.facts, self._statements) | {
            "revision": self._revision,
            "error": self._error,
            "error_places": self._error_places,
            "lenient": self.lenient,
            "models": models_in(self.file),
            "loops": loops_in(self.file),
            "rounds": rounds_in(self.file),
            "routines": self._routines,
        }

    def _see_the_rest(self) -> None:
        """Tell what was done by nobody knows what: over the driver's own cursor, past SQLAlchemy.

        What only reads is not told: our own questions hold such locks too.
        """
        record = self._unseen("", ())
        seen = [one for one in self._statements if one["observed"]]
        last: dict[str, Any] = seen[-1] if seen else {}
        self._server.note(record)
        self._server.look(record)
        before = last.get("locks", {}) if last.get("transaction") == record["transaction"] else {}
        locked = any({*modes} - {"AccessShare", *before.get(oid, ())} for oid, modes in record["locks"].items())
        if locked or record["dropped"] or any(map(any, record["did"].values())):
            self._statements.append(record)

    def _back(self, error: BaseException) -> bool:
        """Whether all was taken back, so that it can be run once more."""
        if isinstance(error, Late) or (sqlstate(error) == _CANCELLED and not self._cancelled):
            return False  # nobody knows how to pass over what took so long
        try:
            self.send(f"ROLLBACK TO SAVEPOINT {_SAVED}_whole")
            self.send(f"RELEASE SAVEPOINT {_SAVED}_whole")
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
            if isinstance(error, Late) or sqlstate(error) == _CANCELLED:
                words = f"it takes longer than the limit of {self._limit:g} s ({words})"
            self._error, self._error_places = words, lines(self.file, error.__traceback__)
            failed = [one for one in self._statements if one["error"]]
            if sqlstate(error) == _ABORTED and failed:  # what went wrong was before that
                self._error, self._error_places = failed[-1]["error"], failed[-1]["places"]
            restored(self._context, self._connection, *self._began)
            return error
        return None

    # ------------------------------------------------------------------------------------------------ listening

    @contextmanager
    def _listening(self) -> Iterator[None]:
        hooks: dict[str, Callable[..., Any]] = {
            "do_execute": self._execute,
            "do_execute_no_params": self._execute_plain,
            "do_executemany": self._execute_many,
        }
        for name, hook in hooks.items():
            event.listen(PGDialect, name, hook)
        init: Any = BatchOperationsImpl.__init__
        probe, patched = self, cast("Any", BatchOperationsImpl)

        def placed(batch: Any, *args: Any, **words: Any) -> None:
            init(batch, *args, **words)
            batch.batch = Batch(probe)

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
            self._statements.append(self._unseen(statement, places) | {"own_connection": True})
            return None
        with self._server.quiet():
            self._run(statement, run, places, shown, bound=bound)
        return True

    def _past(self, run: Callable[[Any], Any], query: Any, parameters: Any) -> Any:
        """What is sent past SQLAlchemy is seen too, and gives what it gave."""
        if self._server.busy or not isinstance(query, str):
            return run(query)
        given: list[Any] = []
        shown = shown_of(parameters, "pyformat") if parameters else str
        self._is_past = True
        try:
            with self._server.quiet():
                self._run(query, lambda text: given.append(run(text)), lines(self.file), shown, bound=bool(parameters))
        finally:
            self._is_past = False
        return given[-1] if given else None

    def _run(
        self, statement: str, run: Callable[[str], None], places: tuple[Placed, ...], shown: Callable[[str], str], *,
        bound: bool,
    ) -> None:  # fmt: skip
        pieces = [piece_of(statement)] if bound else pieces_of(statement)
        if len(pieces) > 1 and (refusal := self._server.one_at_a_time):
            self._statements.append(self._unseen(statement, places) | wrong(refusal))
            if not self.lenient:
                raise refusal
        if commits(self._connection):
            self._committing(pieces, run, places, shown)
            return
        self._begun = False
        for one in pieces:
            if outside(one.node, one.tree):
                self._outside(one, run, places, saved=True)
            else:
                self._one(one, run, places, shown)

    # ------------------------------------------------------------------------------------------------- running

    def _committing(
        self, pieces: Sequence[Piece], run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str],
    ) -> None:  # fmt: skip
        """Statements of one string that commit themselves, unless the revision has begun a transaction there."""
        refused = False
        for sort, some in groupby(pieces, key=attrgetter("sort")):
            if sort == "inside" and not self._begun:
                self._inside(list(some), run, places, shown)
                continue
            for one in some:
                if sort == "outside":
                    self._outside(one, run, places, saved=False, alone=len(pieces) == 1 or refused)
                    refused = True
                else:
                    self._one(one, run, places, shown, autocommit=True)
                    self._begun = ENDS.get(one.tree.get("kind", ""), self._begun)

    def _inside(
        self, pieces: Sequence[Piece], run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str],
    ) -> None:  # fmt: skip
        """Statements that would commit themselves, in a transaction of ours."""
        self.send("BEGIN")
        try:
            for one in pieces:
                self._one(one, run, places, shown, autocommit=True)
        except BaseException as error:
            self.send("ROLLBACK", quiet=True)
            if sqlstate(error) == COMMITS and len(pieces) == 1:  # it ends transactions itself
                self._statements.pop()
                self._outside(pieces[0], run, places, saved=False)
                return
            raise
        self.send("COMMIT")

    def _outside(
        self, piece: Piece, run: Callable[[str], None], places: tuple[Placed, ...], *, saved: bool, alone: bool = True
    ) -> None:  # fmt: skip
        """A statement that cannot run in a transaction, or that ends one; ``saved`` if it is in one all the same.

        One that is not ``alone`` in its string is refused, since the server makes one transaction of the string; it is
        run all the same, for what comes after it.
        """
        text = piece.text
        record = self._unseen(text, places) | {"comments": piece.comments}
        earlier = tuple(self._statements)
        self._statements.append(record)
        if saved:
            self.send(f"SAVEPOINT {_SAVED}", quiet=True)
        self._server.note(record)
        record["code"] = self._server.code(piece.node, piece.tree)
        refusal = {} if alone else self._refusal(text, run)
        began = time.perf_counter()
        try:
            if alone or refusal:
                run(text)
        except Exception as error:
            record |= wrong(error)
            if not self.lenient:
                raise
            if saved:
                self.send(f"ROLLBACK TO SAVEPOINT {_SAVED}", quiet=True)
                return
        finally:
            record["seconds"] = time.perf_counter() - began
        self._server.compare(record, earlier)
        record |= refusal

    def _refusal(self, text: str, run: Callable[[str], None]) -> dict[str, str]:
        """What the server says to a statement that is not alone in its string."""
        try:
            run(f"SELECT 1; {text}")
        except Exception as error:
            return wrong(error)
        return {}

    def _one(
        self, piece: Piece, run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str], *, autocommit: bool = False,
    ) -> None:  # fmt: skip
        text, node = piece.text, piece.node
        record = self._unseen(shown(text), places)
        record |= {"autocommit": autocommit, "comments": piece.comments}
        self._statements.append(record)
        if node == TRANSACTION:  # a savepoint; the transaction may wait for its end
            try:
                run(text)
            except Exception as error:
                record |= wrong(error)
                raise
            self._server.look(record)
            record |= {"dropped": [], "rewritten": {}}  # what a ROLLBACK brings back was told before
            return
        if text in self._cancelled:
            record |= {"error": f"it takes longer than the limit of {self._limit:g} s", "state": _CANCELLED}
            return
        saved = node not in UNSAVED or text == self._failed
        if saved:
            self.send(f"SAVEPOINT {_SAVED}")
        self._server.count(self._server.note(record))
        known = piece if node else pieces_of(record["sql"])[0]
        record["code"] = self._server.code(known.node, known.tree)
        began = time.perf_counter()
        try:
            run(text)
        except Exception as error:
            record["seconds"] = time.perf_counter() - began
            record |= wrong(error)
            if record["state"] == _CANCELLED:
                self._cancelled.add(text)
            if not self.lenient or not saved:  # the transaction has failed, as it will in production
                raise
            self.send(f"ROLLBACK TO SAVEPOINT {_SAVED}")
        else:
            record["seconds"] = time.perf_counter() - began
            if saved:
                self.send(f"RELEASE SAVEPOINT {_SAVED}")
        self._server.look(record, makes=node in MAKES and "partbound" not in piece.tree)
        if node in BLOCKS and not record["lock_timeout"]:  # it may have set it for itself
            self._server.note(record)

    def _unseen(self, text: str, places: tuple[Placed, ...]) -> dict[str, Any]:
        return {
            "sql": text, "places": places, "transaction": self._server.transaction,
            "autocommit": commits(self._connection), "observed": False, "lock_timeout": 0.0, "statement_timeout": 0.0,
            "seconds": 0.0, "error": "", "state": "", "locks": {}, "other_locks": [], "did": {}, "rewritten": {},
            "dropped": [], "relations": {}, "definitions": {}, "own_connection": False, "comments": (),
            "direct": is_direct(),
            "revision": self._running,
            "past": self._is_past, "code": (),
        }  # fmt: skip

    def take(self, piece: Piece, place: Placed, revision: str, *, begun: bool) -> None:
        """Run a statement of a file; ``begun`` where its transaction is open."""
        self._running, self.batch = revision, (place,)
        cursor = self._server.driver.cursor()
        with self._server.quiet():
            self._take(cursor.execute, piece, begun=begun)

    def _take(self, run: Callable[[str], None], piece: Piece, *, begun: bool) -> None:
        if outside(piece.node, piece.tree):
            self._outside(piece, run, self.batch, saved=begun)
        elif begun:
            self._one(piece, run, self.batch, str)
        else:
            self._inside([piece], run, self.batch, str)

    def send(self, sql: str, *, quiet: bool = False) -> None:
        """Send a statement of our own."""
        with suppress(*([Exception] if quiet else [])):
            self._server.send(sql)
