"""Each revision up, down, and up again, in a sandbox, with the whole schema compared before and after.

After ``down`` everything must be as it was before ``up``: a forgotten index, comment, grant or type shows. Then the
second ``up`` starts from where the first did, so that its result need not be compared; but it may fail, on rows that
the downgrade left. What is left without being wrong is not reported (`harmless`).

Where the project gives rows for a revision they are put in when it has been reached, and stay: later revisions meet
them, and so does every downgrade in the end, when the history is walked down once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import unified
from alembic_ext.history import Change, Failure, History, Revision
from alembic_ext.kinds import kinds
from alembic_ext.model import Stored

Word = Literal["passed", "failed", "irreversible", "skipped"]
What = Literal["left", "down", "up", "again", "rows", "down with rows"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a revision.

    ``what`` is wrong: traces are ``left`` (then there is a ``change``), or a step failed (then there is a ``failure``).
    """

    what: What
    change: Change | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Outcome:
    """How a revision did. Skipped are those that could not be reached; ``seconds`` is how long it took."""

    revision: Revision
    word: Word
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Asked:
    """What is to be tested.

    Args:
        tested: ids of revisions that are stepped up and down; the others are only upgraded.
        kept: ids of revisions that are never downgraded.
        rows: files with rows by the id of the revision after which they are put in.
        whole: look at everything after every step, not at what changed.
    """

    tested: frozenset[str]
    kept: frozenset[str] = frozenset()
    rows: Mapping[str, Path] = field(default_factory=dict)
    whole: bool = False


class NotSeen(AlembicExtError):
    """Looking at what changed was not enough: it has to be done again with the ``whole``."""


def climb(history: History, asked: Asked, done: Callable[[], None] = lambda: None) -> Iterator[Outcome]:
    """The outcome of each tested revision; of one twice where it fails when the history is walked down in the end.

    Raises:
        NotSeen: looking at what changed missed something.
        HistoryFailed: the project cannot be run.
    """
    climbed = _Climb(history, asked)
    order = [one for one in history.revisions if one.id in asked.tested]
    for outcome in climbed.outcomes(order):
        done()
        yield outcome
    if not asked.whole and history.look(whole=True):
        raise NotSeen("something changed in the catalogs that was not seen", help="report it as a bug of alembic-ext")
    if climbed.loaded:
        yield from climbed.down_again(order)


class _Climb:
    def __init__(self, history: History, asked: Asked) -> None:
        self.history, self.asked = history, asked
        self.reached: list[Revision] = []
        self.loaded, self.begun = False, False
        self.firm: set[str] = set()

    def outcomes(self, order: Sequence[Revision]) -> Iterator[Outcome]:
        if not order or self.history.revisions[0].id in self.asked.tested:
            self._begin()
        waiting: list[Revision] = []
        for revision in self.history.revisions if order else ():
            if revision.id not in self.asked.tested:
                waiting.append(revision)
                continue
            began = time.perf_counter()
            problem, at = self._plain(waiting), revision
            waiting = []
            if problem is None:
                word, problems = self._step(revision)
            else:
                word, problems = "failed", (problem,)
                at = self.history.revisions[len(self.reached)]
            yield Outcome(at, word, problems, time.perf_counter() - began)
            if problems and problems[0].what in ("up", "rows"):
                rest = order[order.index(revision) + (at is revision) :]
                yield from (Outcome(one, "skipped") for one in rest)
                return

    def _begin(self) -> None:
        self.begun = True
        if failure := self.history.walk([]):
            raise failure.error("env.py failed")
        self.history.look()

    def _plain(self, revisions: Sequence[Revision], *, keep: bool = True) -> Problem | None:
        """Upgrade only."""
        if not revisions:
            return None
        pending: list[Revision] = []
        for revision in (*revisions, None):
            if revision is not None:
                pending.append(revision)
            if pending and (revision is None or revision.id in self.asked.rows):
                failure = self._up([one.id for one in pending], keep=keep)
                self.reached += pending[: failure.done if failure else None]
                if failure:
                    return Problem("up", failure=failure)
                if revision and (problem := self._rows(revision)):
                    return problem
                pending = []
        self.history.look(whole=self.asked.whole)
        return None

    def _up(self, ids: Sequence[str], *, keep: bool) -> Failure | None:
        """Upgrade; the first ones from a template where there is one."""
        if self.reached or self.begun:
            return self.history.walk([("up", id) for id in ids])
        self.begun = True
        failure = self.history.reach(ids, keep=keep)
        if failure and failure.done == 0:
            self._begin()  # unless it is env.py that failed
        return failure

    def _step(self, revision: Revision) -> tuple[Word, tuple[Problem, ...]]:
        history, id = self.history, revision.id
        if failure := history.walk([("up", id)]):
            return "failed", (Problem("up", failure=failure),)
        self.reached.append(revision)
        if id in self.asked.kept:
            self.firm.add(id)
            return self._settled(revision, "irreversible")
        if failure := history.walk([("down", id)]):
            self.firm.add(id)
            if failure.intended:
                return self._settled(revision, "irreversible")
            self._anew()
            return "failed", (Problem("down", failure=failure),)
        left = [change for change in history.look(whole=self.asked.whole) if not harmless(change)]
        if left:
            self.firm.add(id)
            self._anew()
            return "failed", tuple(Problem("left", change) for change in left)
        if failure := history.walk([("up", id)]):
            self.firm.add(id)
            self._anew()
            return "failed", (Problem("again", failure=failure),)
        return self._settled(revision, "passed")

    def _settled(self, revision: Revision, word: Word) -> tuple[Word, tuple[Problem, ...]]:
        problem = self._rows(revision) if revision.id in self.asked.rows else None
        self.history.look(whole=self.asked.whole)
        return ("failed", (problem,)) if problem else (word, ())

    def _rows(self, revision: Revision) -> Problem | None:
        failure = self.history.rows(self.asked.rows[revision.id])
        self.loaded = True
        return Problem("rows", failure=failure) if failure else None

    def _anew(self) -> None:
        """Come to where we are on a clean way: what a faulty downgrade left would confuse those that follow."""
        reached, self.reached, self.begun = self.reached, [], False
        if not reached:
            self.history.afresh()
            self._begin()
        if problem := self._plain(reached, keep=False):
            assert problem.failure
            raise problem.failure.error("what was upgraded once cannot be upgraded again in an empty database")
        if self.reached and self.reached[-1].id in self.asked.rows:
            self.history.look(whole=self.asked.whole)

    def down_again(self, order: Sequence[Revision]) -> Iterator[Outcome]:
        """Walk down with the rows, as far as there is a way."""
        tested = {one.id for one in order}
        for revision in reversed(self.reached):
            if revision.id not in tested or revision.id in self.firm:
                return
            began = time.perf_counter()
            if failure := self.history.walk([("down", revision.id)]):
                problem = Problem("down with rows", failure=failure)
                yield Outcome(revision, "failed", (problem,), time.perf_counter() - began)
                return


def harmless(change: Change) -> bool:
    """Whether a difference is one that no downgrade can avoid: a column that was dropped comes back as the last."""
    before, after = change.before, change.after
    if before is None or after is None or kinds()[change.key.kind].droppable:
        return False
    return (
        sorted(before.columns) == sorted(after.columns)
        and _lines(before) == _lines(after)
        and (set(before.state), set(before.aspects)) == (set(after.state), set(after.aspects))
    )


def _lines(stored: Stored) -> list[str]:
    """The lines of the statement that makes it, one for each column, in any order."""
    return sorted(line.rstrip(",") for line in stored.create.splitlines())


def told(stored: Stored | None, *, filled: bool = False) -> list[str]:
    """An object as lines of SQL: all that was compared; ``filled`` if they say too whether it has its rows."""
    if stored is None:
        return []
    made = kinds()[stored.key.kind].restored(stored) if filled else stored.definition
    set_on = sorted(statement for aspect in stored.aspects for statement in aspect.set)
    return [line for statement in (*made, *set_on) for line in f"{statement};".splitlines()]


def diff(change: Change) -> str:
    """What a downgrade left: a unified diff from before the upgrade to after the downgrade."""
    before, after = told(change.before), told(change.after)
    if before == after:
        before, after = told(change.before, filled=True), told(change.after, filled=True)
    return unified(before, after, "before upgrade", "after downgrade")


def above(revisions: Iterable[Revision], base: Collection[str]) -> frozenset[str]:
    """The ids of the revisions that are neither these nor below them."""
    known = {one.id: one for one in revisions}
    below, pending = set(), list(base)
    while pending:
        id = pending.pop()
        if id in known and id not in below:
            below.add(id)
            pending += (*known[id].down, *known[id].needs)
    return frozenset(known.keys() - below)
