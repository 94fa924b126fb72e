"""What the server is asked about the statements of a revision, on the revision's own connection.

The questions go between its statements, below SQLAlchemy's events: nobody else sees what its transaction has done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from alembic_ext.lint import questions
from alembic_ext.lint.facts import facts_of, made
from alembic_ext.lint.sent import seconds_of

Record = dict[str, Any]
"""What is told of a statement; see `trace.Traced.of`."""


class Observer:
    """Asks, and remembers what was told before, so that a statement's record has only what is its own.

    ``facts`` are those of the database before the revision.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.facts: dict[str, Any] = {}
        self._defined: set[int] = set()
        self.forget()

    def forget(self) -> None:
        """What was told is taken back: the revision is run once more."""
        self._number, self._virtual = -1, ""
        self._counts: dict[str, list[int]] = {}
        self._counted = ""
        self._told: frozenset[int] = frozenset()
        self._rewrites = self._drops = ""

    def begin(self) -> None:
        """Look at what is there before the revision."""
        self.facts = facts_of(self._ask)
        self._defined = made(self.facts["relations"])
        self._ask(questions.NOTHING_TOLD)

    def enter(self) -> None:
        """The transaction that is open now is the first."""
        (virtual,) = self._ask(questions.TRANSACTION)
        self._virtual = str(virtual)

    @property
    def driver(self) -> Any:
        """The driver's connection."""
        return self._connection.connection.dbapi_connection

    @property
    def transaction(self) -> int:
        """Which transaction of the revision it is, from 0."""
        return max(self._number, 0)

    def send(self, sql: str) -> None:
        """Send a statement of our own."""
        cursor = self.driver.cursor()
        try:
            cursor.execute(sql)
        finally:
            cursor.close()

    def note(self, record: Record) -> str:
        """Keep the timeouts that are in force; tell which transaction it is."""
        lock, statement, transaction = self._ask(questions.BEFORE)
        record["lock_timeout"], record["statement_timeout"] = seconds_of(lock), seconds_of(statement)
        return str(transaction)

    def count(self, transaction: str) -> None:
        """Keep what is counted already, if a transaction is new."""
        if transaction != self._counted:
            (counts,) = self._ask(questions.COUNTED)
            self._counts, self._counted = json.loads(counts or "{}"), transaction

    def look(self, record: Record, *, makes: bool = False) -> None:
        """Ask what the statement did; one that only ``makes`` things leaves what was told before as it was.

        Else a transaction that makes a thousand tables would tell of all of them after each statement.
        """
        known = self._told if makes else frozenset()
        (answer,) = self._ask(questions.after(known))
        found = json.loads(answer)
        if found["transaction"] != self._virtual or self._number < 0:
            self._virtual = found["transaction"]
            self._number += 1
        locks: dict[int, list[str]] = {}
        for oid, mode in found["locks"] or ():
            locks.setdefault(oid, []).append(mode)
        counts = found["did"] or {}
        same = found["transaction"] == self._counted
        record |= {
            "observed": True,
            "transaction": self._number,
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
        self._take(record, found["rewrites"], found["drops"])

    def compare(self, record: Record, earlier: Sequence[Record]) -> None:
        """See what became of the database by a statement whose locks were gone before anybody could look.

        Args:
            record: what is told of it.
            earlier: what was told of the statements before it.
        """
        self._number += 1
        record["transaction"] = self._number
        self._virtual, self._told = "", frozenset()
        now = {one["oid"]: one for one in facts_of(self._ask)["relations"]}
        before = {one["oid"]: one for one in self.facts["relations"]}
        for one in earlier:
            before |= {int(oid): relation for oid, relation in one["relations"].items()}
        changed = {oid for oid in before.keys() | now.keys() if before.get(oid) != now.get(oid)}
        record["relations"] = {oid: now.get(oid) for oid in changed}
        self._define(record, [now[oid] for oid in changed if oid in now])
        self._take(record, *self._ask(questions.TOLD))

    def _take(self, record: Record, rewrites: str | None, drops: str | None) -> None:
        """Keep which rewrites and drops were told since the last statement."""
        record["rewritten"] = dict(map(json.loads, _rest(self._rewrites, rewrites or "").splitlines()))
        record["dropped"] = [json.loads(line) for line in _rest(self._drops, drops or "").splitlines()]
        self._rewrites, self._drops = rewrites or "", drops or ""

    def _define(self, record: Record, relations: Sequence[Mapping[str, Any]]) -> None:
        """Ask for the definitions of the indexes and constraints that are new."""
        if fresh := made(relations) - self._defined:
            others = {one["oid"] for one in relations if one["bound"] == "DEFAULT"}
            (answer,) = self._ask(questions.definitions(sorted(fresh | others)))
            record["definitions"] = json.loads(answer)
            self._defined |= fresh

    def _ask(self, sql: str) -> tuple[Any, ...]:
        cursor = self.driver.cursor()
        try:
            cursor.execute(sql)
            row: tuple[Any, ...] = tuple(cursor.fetchone())
            return row
        finally:
            cursor.close()


def _rest(before: str, now: str) -> str:
    return now[len(before) :] if now.startswith(before) else now
