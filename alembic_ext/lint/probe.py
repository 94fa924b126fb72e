"""In the child process: a revision's upgrade is run, and after each of its statements the server is asked what it did.

The questions go over the revision's own connection, since nobody else sees what its transaction has done, between its
statements, and below SQLAlchemy's events. Each statement has a savepoint, so that one that fails can be told from the
rest. Where the revision commits by itself (``autocommit_block``), a statement that may run in a transaction is given
one, or its locks were gone before they can be read; one that may not is run as it is.

When a revision fails it is taken back and run once more, this time over what fails, so that the rest is seen too. That
also shows which failures are owed to the savepoint around the whole: what fails then is told. What takes too long is
ended by the parent, which cancels statements, or by an alarm here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

from alembic.operations.batch import BatchOperationsImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_ext.lint import questions
from alembic_ext.lint.alarm import Late, alarmed
from alembic_ext.lint.facts import facts_of, made, told
from alembic_ext.lint.lines import Batch, Placed, is_direct, lines
from alembic_ext.lint.models import models_in
from alembic_ext.lint.outside import outside
from alembic_ext.lint.sent import (
    BLOCKS,
    COMMITS,
    MAKES,
    TRANSACTION,
    UNSAVED,
    Piece,
    piece_of,
    pieces_of,
    seconds_of,
    wrong,
)
from alembic_ext.lint.sent import shown as shown_of
from alembic_ext.session import sqlstate

_SAVED = "alembic_ext_probe"
_CANCELLED = "57014"


def watched(context: MigrationContext, script: Any, work: Callable[[], None], *, limit: float = 0) -> dict[str, Any]:
    """What the upgrade of a revision did; see `trace.Trace.of`. It may take ``limit`` seconds, if any."""
    return Probe(context, script.revision, script.path, limit).run(work)


class Probe:
    """Watches one connection while a revision runs."""

    def __init__(self, context: MigrationContext, revision: str, file: str, limit: float) -> None:
        assert context.connection is not None
        self._connection = context.connection
        self._revision, self.file, self._limit = revision, file, limit
        self.batch: tuple[Placed, ...] = ()
        self.lenient, self._failed = False, ""
        self._cancelled: set[str] = set()
        self._running = ""
        self._clear()

    def _clear(self) -> None:
        self._statements: list[dict[str, Any]] = []
        self._transaction, self._virtual = -1, ""
        self._counts: dict[str, list[int]] = {}
        self._counted = ""
        self._told: frozenset[int] = frozenset()
        self._rewrites = self._drops = ""
        self._error = ""
        self._error_places: tuple[Placed, ...] = ()

    def run(self, work: Callable[[], None], *, again: bool = True) -> dict[str, Any]:
        """Run the upgrade, and tell what it did; what it raises is told, not raised."""
        self._facts = facts_of(self._ask)
        self._known = made(self._facts["relations"])
        self._ask(questions.NOTHING_TOLD)
        with self._listening():
            self.send(f"SAVEPOINT {_SAVED}_whole", quiet=True)
            self._virtual = self._now()
            error = self._try(work, self._limit + 1)
            if error is not None and again and self._back(error):
                self._failed = self._statements[-1]["sql"] if self._statements else ""
                self._clear()
                self.lenient = True
                self._try(work, 3)
        return told(self._facts, self._statements) | {
            "revision": self._revision,
            "error": self._error,
            "error_places": self._error_places,
            "lenient": self.lenient,
            "models": models_in(self.file),
        }

    def _back(self, error: BaseException) -> bool:
        """Whether all was taken back, so that it can be run once more."""
        if isinstance(error, Late) or (sqlstate(error) == _CANCELLED and not self._cancelled):
            return False  # nobody knows how to pass over what took so long
        try:
            self.send(f"ROLLBACK TO SAVEPOINT {_SAVED}_whole")
            self.send(f"RELEASE SAVEPOINT {_SAVED}_whole")
        except Exception:  # it committed, or the connection is gone
            with suppress(Exception):
                self._raw.rollback()
            return False
        return True

    def _try(self, work: Callable[[], None], seconds: float) -> BaseException | None:
        """Why it did not end well."""
        try:
            with alarmed(seconds if self._limit else 0):
                work()
        except (Exception, Late) as error:  # whatever the project raises
            words = str(getattr(error, "orig", "") or error).strip() or type(error).__name__
            if isinstance(error, Late) or sqlstate(error) == _CANCELLED:
                words = f"it takes longer than the limit of {self._limit:g} s ({words})"
            self._error, self._error_places = words, lines(self.file, error.__traceback__)
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
            yield
        finally:
            patched.__init__ = init
            for name, hook in hooks.items():
                event.remove(PGDialect, name, hook)

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        def run(text: str) -> None:
            cursor.execute(text, parameters)

        return self._seen(statement, run, context, shown_of(parameters, context), bound=bool(parameters))

    def _execute_plain(self, cursor: Any, statement: str, context: Any) -> bool | None:
        return self._seen(statement, cursor.execute, context, str)

    def _execute_many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        def run(text: str) -> None:
            cursor.executemany(text, parameters)

        return self._seen(statement, run, context, shown_of(parameters[0] if parameters else (), context), bound=True)

    def _seen(
        self, statement: str, run: Callable[[str], None], context: Any, shown: Callable[[str], str], *,
        bound: bool = False,
    ) -> bool | None:  # fmt: skip
        """True where it was run here; None where SQLAlchemy is to run it."""
        places = self.batch or lines(self.file)
        if context.root_connection.connection.dbapi_connection is not self._raw:
            self._statements.append(self._unseen(statement, places) | {"own_connection": True})
            return None
        autocommit = _commits(self._connection)
        pieces = [piece_of(statement)] if bound else pieces_of(statement)
        if any(outside(one.node, one.tree) or (autocommit and one.node == TRANSACTION) for one in pieces):
            for one in pieces:
                self._outside(one, run, places, saved=not autocommit and one.node != TRANSACTION)
        elif autocommit:
            self._inside(pieces, run, places, shown)
        else:
            for one in pieces:
                self._one(one, run, places, shown)
        return True

    # ------------------------------------------------------------------------------------------------- running

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
        self, piece: Piece, run: Callable[[str], None], places: tuple[Placed, ...], *, saved: bool
    ) -> None:  # fmt: skip
        """A statement that cannot run in a transaction, or that ends one; ``saved`` if it is in one all the same."""
        text = piece.text
        record = self._unseen(text, places) | {"comments": piece.comments}
        self._statements.append(record)
        self._told = frozenset()
        if saved:
            self.send(f"SAVEPOINT {_SAVED}", quiet=True)
        self._note(record)
        began = time.perf_counter()
        try:
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
        self._transaction += 1
        record["transaction"] = self._transaction
        self._virtual = ""
        now = {one["oid"]: one for one in facts_of(self._ask)["relations"]}
        before = {one["oid"]: one for one in self._facts["relations"]}
        for recorded in self._statements[:-1]:
            before |= {int(oid): one for oid, one in recorded["relations"].items()}
        changed = {oid for oid in before.keys() | now.keys() if before.get(oid) != now.get(oid)}
        record["relations"] = {oid: now.get(oid) for oid in changed}
        self._define(record, [now[oid] for oid in changed if oid in now])

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
            self._look(record)
            return
        if text in self._cancelled:
            record |= {"error": f"it takes longer than the limit of {self._limit:g} s", "state": _CANCELLED}
            return
        saved = node not in UNSAVED or text == self._failed
        if saved:
            self.send(f"SAVEPOINT {_SAVED}")
        transaction = self._note(record)
        if transaction != self._counted:
            (counts,) = self._ask(questions.COUNTED)
            self._counts, self._counted = json.loads(counts or "{}"), transaction
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
        self._look(record, makes=node in MAKES and "partbound" not in piece.tree)
        if node in BLOCKS and not record["lock_timeout"]:  # it may have set it for itself
            record["lock_timeout"] = seconds_of(self._ask(questions.BEFORE)[0])

    def _define(self, record: dict[str, Any], relations: Sequence[Mapping[str, Any]]) -> None:
        """Ask for the definitions of the indexes and constraints that are new."""
        if fresh := made(relations) - self._known:
            others = {one["oid"] for one in relations if one["bound"] == "DEFAULT"}
            (answer,) = self._ask(questions.definitions(sorted(fresh | others)))
            record["definitions"] = json.loads(answer)
            self._known |= fresh

    def _note(self, record: dict[str, Any]) -> str:
        """Keep the timeouts that are in force; tell which transaction it is."""
        lock, statement, transaction = self._ask(questions.BEFORE)
        record["lock_timeout"], record["statement_timeout"] = seconds_of(lock), seconds_of(statement)
        return str(transaction)

    def _unseen(self, text: str, places: tuple[Placed, ...]) -> dict[str, Any]:
        return {
            "sql": text, "places": places, "transaction": max(self._transaction, 0),
            "autocommit": _commits(self._connection), "observed": False, "lock_timeout": 0.0, "statement_timeout": 0.0,
            "seconds": 0.0, "error": "", "state": "", "locks": {}, "other_locks": [], "did": {}, "rewritten": {},
            "dropped": [], "relations": {}, "definitions": {}, "own_connection": False, "comments": (),
            "direct": is_direct(),
            "revision": self._running,
        }  # fmt: skip

    def _look(self, record: dict[str, Any], *, makes: bool = False) -> None:
        """Ask what the statement did; one that only ``makes`` things leaves what was told before as it was.

        Else a transaction that makes a thousand tables would tell of all of them after each statement.
        """
        known = self._told if makes else frozenset()
        (answer,) = self._ask(questions.after(known))
        found = json.loads(answer)
        if found["transaction"] != self._virtual or self._transaction < 0:
            self._virtual = found["transaction"]
            self._transaction += 1
        locks: dict[int, list[str]] = {}
        for oid, mode in found["locks"] or ():
            locks.setdefault(oid, []).append(mode)
        counts = found["did"] or {}
        same = found["transaction"] == self._counted
        record |= {
            "observed": True,
            "transaction": self._transaction,
            "locks": locks,
            "other_locks": found["other_locks"] or [],
            "did": {
                oid: [now - then for now, then in zip(some, self._counts.get(oid, [0] * 5), strict=True)]
                for oid, some in counts.items()
                if same
            },
            "relations": {one["oid"]: one for one in found["relations"] or ()},
        }
        self._define(record, found["relations"] or ())
        for oid in locks.keys() - known:
            record["relations"].setdefault(oid, None)
        partitioned = any(one["kind"] in "pI" for one in record["relations"].values() if one)
        self._told = frozenset() if partitioned else known | {oid for oid, one in record["relations"].items() if one}
        self._counts |= counts
        told = _rest(self._rewrites, found["rewrites"] or "")
        record["rewritten"] = dict(map(json.loads, told.splitlines()))
        told = _rest(self._drops, found["drops"] or "")
        record["dropped"] = [json.loads(line) for line in told.splitlines()]
        self._rewrites, self._drops = found["rewrites"] or "", found["drops"] or ""

    # ------------------------------------------------------------------------------------------------- asking

    @property
    def _raw(self) -> Any:
        return self._connection.connection.dbapi_connection

    def _now(self) -> str:
        """The transaction that is open."""
        (virtual,) = self._ask(questions.TRANSACTION)
        return str(virtual)

    def _ask(self, sql: str) -> tuple[Any, ...]:
        cursor = self._raw.cursor()
        try:
            cursor.execute(sql)
            row: tuple[Any, ...] = tuple(cursor.fetchone())
            return row
        finally:
            cursor.close()

    def take(self, piece: Piece, place: Placed, revision: str, *, begun: bool) -> None:
        """Run a statement of a file; ``begun`` where its transaction is open."""
        self._running, self.batch = revision, (place,)
        cursor = self._raw.cursor()
        if outside(piece.node, piece.tree):
            self._outside(piece, cursor.execute, self.batch, saved=begun)
        elif begun:
            self._one(piece, cursor.execute, self.batch, str)
        else:
            self._inside([piece], cursor.execute, self.batch, str)

    def send(self, sql: str, *, quiet: bool = False) -> None:
        """Send a statement of our own."""
        with suppress(*([Exception] if quiet else [])):
            cursor = self._raw.cursor()
            try:
                cursor.execute(sql)
            finally:
                cursor.close()


def _commits(connection: Any) -> bool:
    """Whether each statement commits itself: in an ``autocommit_block``, or because env.py made the engine so."""
    chosen = connection.get_execution_options().get("isolation_level")
    return (chosen or getattr(connection.dialect, "_on_connect_isolation_level", None)) == "AUTOCOMMIT"


def _rest(before: str, now: str) -> str:
    return now[len(before) :] if now.startswith(before) else now
