"""In the child process: a revision's upgrade is run, and after each of its statements the server is asked what it did.

The questions go over the revision's own connection, since nobody else sees what its transaction has done, between its
statements, and below SQLAlchemy's events. Each statement has a savepoint, so that one that fails can be told from the
rest. Where the revision commits by itself (``autocommit_block``), a statement that may run in a transaction is given
one, or its locks were gone before they can be read; one that may not is run as it is.

When a revision fails it is taken back and run once more, this time over what fails, so that the rest is seen too. That
also shows which failures are owed to the savepoint around the whole: what fails then is told.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, cast

from alembic.operations.batch import BatchOperationsImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_ext.errors import DeclarationError
from alembic_ext.history.place import is_projects
from alembic_ext.lint import questions
from alembic_ext.lint.outside import outside
from alembic_ext.lint.sent import BLOCKS, COMMITS, TRANSACTION, UNSAVED, pieces_of, seconds_of, shown, wrong
from alembic_ext.pgquery import ParseError
from alembic_ext.session import sqlstate
from alembic_ext.sqltext import mentioned

_SAVED = "alembic_ext_probe"

Placed = tuple[str, int]


def watched(context: MigrationContext, script: Any, work: Callable[[], None]) -> dict[str, Any]:
    """What the upgrade of a revision did; see `trace.Trace.of`."""
    return Probe(context, script.revision, script.path).run(work)


class Probe:
    """Watches one connection while a revision runs."""

    def __init__(self, context: MigrationContext, revision: str, file: str) -> None:
        assert context.connection is not None
        self._connection = context.connection
        self._revision, self._file = revision, file
        self._batch: tuple[Placed, ...] = ()
        self._lenient, self._failed = False, ""
        self._clear()

    def _clear(self) -> None:
        self._statements: list[dict[str, Any]] = []
        self._transaction, self._virtual = -1, ""
        self._counts: dict[str, list[int]] = {}
        self._counted = ""
        self._rewrites = self._drops = ""
        self._error = ""
        self._error_places: tuple[Placed, ...] = ()

    def run(self, work: Callable[[], None]) -> dict[str, Any]:
        """Run the upgrade, and tell what it did; what it raises is told, not raised."""
        (facts,) = self._ask(questions.FACTS)
        self._facts = json.loads(facts)
        self._known = _made(self._facts["relations"])
        self._ask(questions.NOTHING_TOLD)
        with self._listening():
            self._send(f"SAVEPOINT {_SAVED}_whole", quiet=True)
            first = self._virtual = self._now()
            if not self._try(work) and self._now() == first:
                self._send(f"ROLLBACK TO SAVEPOINT {_SAVED}_whole")
                self._send(f"RELEASE SAVEPOINT {_SAVED}_whole")
                self._failed = self._statements[-1]["sql"] if self._statements else ""
                self._clear()
                self._lenient = True
                self._try(work)
        return self._told()

    def _try(self, work: Callable[[], None]) -> bool:
        """Whether it ended well."""
        try:
            work()
        except Exception as error:  # whatever the project raises
            self._error = str(getattr(error, "orig", "") or error).strip() or type(error).__name__
            self._error_places = self._places(error.__traceback__)
            return False
        return True

    def _told(self) -> dict[str, Any]:
        touched = {oid for one in self._statements for oid in one["locks"]}
        near = {int(oid) for oid in touched}
        names = {one["name"].lower() for one in self._facts["relations"]}
        for statement in self._statements:
            if statement["error"]:  # it took no lock: what it names is judged by its words
                with suppress(DeclarationError, ParseError):
                    meant = mentioned(statement["sql"], names)
                    near |= {one["oid"] for one in self._facts["relations"] if one["name"].lower() in meant}
            if not statement["observed"]:
                near |= statement["relations"].keys()
                near |= {one["index"][0] for one in statement["relations"].values() if one and one["index"]}
        for one in self._facts["relations"]:
            if one["index"] and one["index"][0] in near:
                near.add(one["oid"])
        for one in self._facts["relations"]:
            if one["oid"] in near and one["index"]:
                near.add(one["index"][0])
        return {
            "revision": self._revision,
            "before": [one for one in self._facts["relations"] if one["oid"] in near],
            "statements": self._statements,
            "error": self._error,
            "error_places": self._error_places,
            "version": self._facts["version"],
            "counting": self._facts["counting"],
            "telling": self._facts["telling"],
            "lenient": self._lenient,
        }

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
            batch.batch = _Batch(probe)

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

        return self._seen(statement, run, context, shown(parameters, context), bound=bool(parameters))

    def _execute_plain(self, cursor: Any, statement: str, context: Any) -> bool | None:
        return self._seen(statement, cursor.execute, context, str)

    def _execute_many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        def run(text: str) -> None:
            cursor.executemany(text, parameters)

        return self._seen(statement, run, context, shown(parameters[0] if parameters else (), context), bound=True)

    def _seen(
        self, statement: str, run: Callable[[str], None], context: Any, shown: Callable[[str], str], *,
        bound: bool = False,
    ) -> bool | None:  # fmt: skip
        """True where it was run here; None where SQLAlchemy is to run it."""
        places = self._batch or self._places()
        if context.root_connection.connection.dbapi_connection is not self._raw:
            self._statements.append(self._unseen(statement, places) | {"own_connection": True})
            return None
        autocommit = _commits(self._connection)
        pieces = [(statement, "", {})] if bound else pieces_of(statement)
        if any(outside(node, tree) or (autocommit and node == TRANSACTION) for _, node, tree in pieces):
            for text, node, _ in pieces:
                self._outside(text, run, places, saved=not autocommit and node != TRANSACTION)
        elif autocommit:
            self._inside(pieces, run, places, shown)
        else:
            for text, node, _ in pieces:
                self._one(text, node, run, places, shown)
        return True

    # ------------------------------------------------------------------------------------------------- running

    def _inside(
        self, pieces: Sequence[tuple[str, str, Any]], run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str],
    ) -> None:  # fmt: skip
        """Statements that would commit themselves, in a transaction of ours."""
        self._send("BEGIN")
        try:
            for text, node, _ in pieces:
                self._one(text, node, run, places, shown, autocommit=True)
        except BaseException as error:
            self._send("ROLLBACK")
            if sqlstate(error) == COMMITS and len(pieces) == 1:  # it ends transactions itself
                self._statements.pop()
                self._outside(pieces[0][0], run, places, saved=False)
                return
            raise
        self._send("COMMIT")

    def _outside(
        self, text: str, run: Callable[[str], None], places: tuple[Placed, ...], *, saved: bool
    ) -> None:  # fmt: skip
        """A statement that cannot run in a transaction, or that ends one; ``saved`` if it is in one all the same."""
        record = self._unseen(text, places)
        self._statements.append(record)
        if saved:
            self._send(f"SAVEPOINT {_SAVED}", quiet=True)
        self._note(record)
        began = time.perf_counter()
        try:
            run(text)
        except Exception as error:
            record |= wrong(error)
            if saved:
                self._send(f"ROLLBACK TO SAVEPOINT {_SAVED}", quiet=True)
            if not self._lenient:
                raise
            if saved:
                return
        finally:
            record["seconds"] = time.perf_counter() - began
        self._transaction += 1
        record["transaction"] = self._transaction
        self._virtual = ""
        (facts,) = self._ask(questions.FACTS)
        now = {one["oid"]: one for one in json.loads(facts)["relations"]}
        before = {one["oid"]: one for one in self._facts["relations"]}
        for recorded in self._statements[:-1]:
            before |= {int(oid): one for oid, one in recorded["relations"].items()}
        changed = {oid for oid in before.keys() | now.keys() if before.get(oid) != now.get(oid)}
        record["relations"] = {oid: now.get(oid) for oid in changed}
        self._define(record, [now[oid] for oid in changed if oid in now])

    def _one(
        self, text: str, node: str, run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str], *, autocommit: bool = False,
    ) -> None:  # fmt: skip
        record = self._unseen(shown(text), places) | {"autocommit": autocommit}
        self._statements.append(record)
        saved = node not in UNSAVED and not self._set_transaction(node, text)
        saved |= text == self._failed
        if saved:
            self._send(f"SAVEPOINT {_SAVED}")
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
            if saved:
                self._send(f"ROLLBACK TO SAVEPOINT {_SAVED}")
            if not self._lenient:
                raise
        else:
            record["seconds"] = time.perf_counter() - began
            if saved:
                self._send(f"RELEASE SAVEPOINT {_SAVED}")
        self._look(record)
        if node in BLOCKS and not record["lock_timeout"]:  # it may have set it for itself
            record["lock_timeout"] = seconds_of(self._ask(questions.BEFORE)[0])

    def _note(self, record: dict[str, Any]) -> str:
        """Keep the timeouts that are in force; tell which transaction it is."""
        lock, statement, transaction = self._ask(questions.BEFORE)
        record["lock_timeout"], record["statement_timeout"] = seconds_of(lock), seconds_of(statement)
        return str(transaction)

    def _define(self, record: dict[str, Any], relations: Sequence[Mapping[str, Any]]) -> None:
        """Ask for the definitions of the indexes and constraints that are new."""
        if made := _made(relations) - self._known:
            (answer,) = self._ask(questions.definitions(sorted(made)))
            record["definitions"] = json.loads(answer)
            self._known |= made

    def _set_transaction(self, node: str, text: str) -> bool:
        return node == "VariableSetStmt" and "TRANSACTION" in text.upper()

    def _unseen(self, text: str, places: tuple[Placed, ...]) -> dict[str, Any]:
        return {
            "sql": text, "places": places, "transaction": max(self._transaction, 0),
            "autocommit": _commits(self._connection), "observed": False, "lock_timeout": 0.0, "statement_timeout": 0.0,
            "seconds": 0.0, "error": "", "state": "", "locks": {}, "other_locks": [], "did": {}, "rewritten": {},
            "dropped": [], "relations": {}, "definitions": {}, "own_connection": False,
        }  # fmt: skip

    def _look(self, record: dict[str, Any]) -> None:
        """Ask what the statement did."""
        (answer,) = self._ask(questions.AFTER)
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
        for oid in locks:
            record["relations"].setdefault(oid, None)
        self._counts |= counts
        told = _rest(self._rewrites, found["rewrites"] or "")
        record["rewritten"] = dict(map(json.loads, told.splitlines()))
        told = _rest(self._drops, found["drops"] or "")
        record["dropped"] = [json.loads(line) for line in told.splitlines()]
        self._rewrites, self._drops = found["rewrites"] or "", found["drops"] or ""

    def _places(self, trace: TracebackType | None = None) -> tuple[Placed, ...]:
        """The lines of the project that lead here, or to an error: the innermost first, the revision's own last."""
        frames: list[Placed] = []
        while trace is not None:
            frames.insert(0, (trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        frame = None if frames else sys._getframe(1)
        while frame is not None:
            frames.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        found = [one for one in frames if is_projects(one[0])]
        own = [number for number, (file, _) in enumerate(found) if file == self._file]
        return tuple(found[: own[-1] + 1] if own else found[:1])

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

    def _send(self, sql: str, *, quiet: bool = False) -> None:
        cursor = self._raw.cursor()
        try:
            cursor.execute(sql)
        except Exception:
            if not quiet:
                raise
        finally:
            cursor.close()


class _Batch(list[Any]):
    """What a ``batch_alter_table`` collects: each entry remembers the line that made it, and has it when it is run."""

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self._probe, self._places = probe, list[tuple[Placed, ...]]()

    def append(self, one: Any) -> None:
        super().append(one)
        self._places.append(self._probe._places())

    def __iter__(self) -> Iterator[Any]:
        for one, places in zip(super().__iter__(), self._places, strict=True):
            self._probe._batch = places
            yield one
        self._probe._batch = ()


def _commits(connection: Any) -> bool:
    """Whether each statement commits itself: in an ``autocommit_block``, or because env.py made the engine so."""
    chosen = connection.get_execution_options().get("isolation_level")
    return (chosen or getattr(connection.dialect, "_on_connect_isolation_level", None)) == "AUTOCOMMIT"


def _made(relations: Sequence[Mapping[str, Any]]) -> set[int]:
    """The oids of the indexes and constraints among what the server told, but for NOT NULL."""
    indexes = {one["oid"] for one in relations if one["index"]}
    return indexes | {oid for one in relations for oid, _, type, *_ in one["constraints"] or () if type != "n"}


def _rest(before: str, now: str) -> str:
    return now[len(before) :] if now.startswith(before) else now
