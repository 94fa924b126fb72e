"""What the server is asked about the statements of a revision, on the revision's own connection.

The questions go between its statements, below SQLAlchemy's events: nobody else sees what its transaction has done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from alembic_ext.lint import questions
from alembic_ext.lint.bodies import body_of, called
from alembic_ext.lint.facts import facts_of, made, routines_of
from alembic_ext.lint.sent import seconds_of
from alembic_ext.sqltext.parsetree import Node, nodes_in, strings

Record = dict[str, Any]
"""What is told of a statement; see `trace.Traced.of`."""


class Observer:
    """Asks, and remembers what was told before, so that a statement's record has only what is its own.

    ``facts`` are those of the database before the revision.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.facts: dict[str, Any] = {}
        self.busy = False
        """Whether what the driver is told now is told by us, or by SQLAlchemy."""
        self._defined: set[int] = set()
        self.forget()

    def forget(self) -> None:
        """What was told is taken back: the revision is run once more."""
        self._number, self._virtual = -1, ""
        self._counts: dict[str, list[int]] = {}
        self._counted = ""
        self._told: frozenset[int] = frozenset()
        self._rewrites = self._drops = ""
        self._members: frozenset[tuple[str, ...]] = frozenset()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Meanwhile nothing is the revision's."""
        before, self.busy = self.busy, True
        try:
            yield
        finally:
            self.busy = before

    def begin(self) -> None:
        """Look at what is there before the revision."""
        self.facts = facts_of(self._ask)
        self._stamp = (self.facts["database"], self.facts["routines"])
        self._routines = routines_of(self._ask, self._stamp)
        self._defined = made(self.facts["relations"])
        self._ask(questions.NOTHING_TOLD)

    def routines(self) -> dict[str, Any] | None:
        """The functions that are new, changed or gone, and the others of their names; None where there are none."""
        stamp = self._ask(questions.STAMP_OF_ROUTINES)
        if stamp == self._stamp:
            return None
        before, after = self._routines, routines_of(self._ask, stamp)
        names = {(one[1], one[2]) for one in before + after if one not in before or one not in after}
        some = [[one for one in all_ if (one[1], one[2]) in names] for all_ in (before, after)]
        kept = {}
        if oids := {one[0] for one in some[0]}:
            (answer,) = self._ask(questions.keeping(sorted(oids)))
            kept = json.loads(answer)
        return {"before": some[0], "after": some[1], "kept": kept} if names else None

    def enter(self) -> None:
        """The transaction that is open now is the first."""
        (virtual,) = self._ask(questions.TRANSACTION)
        self._virtual = str(virtual)

    @property
    def driver(self) -> Any:
        """The driver's connection."""
        return self._connection.connection.dbapi_connection

    @cached_property
    def one_at_a_time(self) -> Exception | None:
        """What is said where the driver sends no string of several statements; None where it does."""
        self._try_to("SAVEPOINT alembic_ext_two")
        try:
            self.send("SELECT 1; SELECT 1")
        except Exception as error:
            self._try_to("ROLLBACK TO SAVEPOINT alembic_ext_two")
            return error
        finally:
            self._try_to("RELEASE SAVEPOINT alembic_ext_two")
        return None

    def _try_to(self, sql: str) -> None:
        with suppress(Exception):  # there is no transaction where each statement commits
            self.send(sql)

    @property
    def transaction(self) -> int:
        """Which transaction of the revision it is, from 0."""
        return max(self._number, 0)

    def send(self, sql: str) -> None:
        """Send a statement of our own."""
        with self.quiet():
            cursor = self.driver.cursor()
            try:
                cursor.execute(sql)
            finally:
                cursor.close()

    def note(self, record: Record) -> str:
        """Keep the timeouts that are in force; tell which transaction it is."""
        lock, statement, transaction, rewrites, drops = self._ask(questions.BEFORE)
        if transaction != self._virtual:  # the one before may have been rolled back, and what it told
            self._rewrites, self._drops = rewrites or "", drops or ""
        record["lock_timeout"], record["statement_timeout"] = seconds_of(lock), seconds_of(statement)
        return str(transaction)

    def foresee(self, record: Record, node: str, tree: Node) -> None:
        """Keep what cannot be asked any more behind the statement: the code it runs, and what an extension brought."""
        record["code"] = self._code(node, tree)
        self._members = frozenset()
        if node == "DropStmt" and tree["removeType"] == "OBJECT_EXTENSION":
            (answer,) = self._ask(questions.MEMBERS)
            self._members = frozenset(map(tuple, json.loads(answer)))

    def _code(self, node: str, tree: Node) -> list[str]:
        """The bodies of the functions and procedures that a statement calls, and of the procedures that these CALL,
        but for the server's own.
        """
        if node not in ("CallStmt", "DoStmt", "SelectStmt"):
            return []
        calls = [*nodes_in(tree, "FuncCall"), *nodes_in(tree, "funccall")]
        wanted = called(body_of(tree)) | {strings(call["funcname"])[-1] for call in calls}
        known, bodies = set[str](), list[str]()
        while wanted:
            (answer,) = self._ask(questions.bodies(sorted(wanted)))
            known |= wanted
            found: list[str] = json.loads(answer)
            bodies += found
            wanted = frozenset().union(*map(called, found)) - known
        return bodies

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
        told = [json.loads(line) for line in _rest(self._drops, drops or "").splitlines()]
        record["dropped"] = [one for one in told if (one[0], one[1]) not in self._members]
        self._rewrites, self._drops = rewrites or "", drops or ""

    def _define(self, record: Record, relations: Sequence[Mapping[str, Any]]) -> None:
        """Ask for the definitions of the indexes and constraints that are new."""
        if fresh := made(relations) - self._defined:
            others = {one["oid"] for one in relations if one["bound"] == "DEFAULT"}
            others |= {above for one in relations if one["bound"] for above in one["parents"] or ()}
            (answer,) = self._ask(questions.definitions(sorted(fresh | others)))
            record["definitions"] = json.loads(answer)
            self._defined |= fresh

    def _ask(self, sql: str) -> tuple[Any, ...]:
        with self.quiet():
            cursor = self.driver.cursor()
            try:
                cursor.execute(sql)
                row: tuple[Any, ...] = tuple(cursor.fetchone())
                return row
            finally:
                cursor.close()


def _rest(before: str, now: str) -> str:
    return now[len(before) :] if now.startswith(before) else now
