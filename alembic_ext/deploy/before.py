"""Before the first revision runs: where the databases are, the locks, and what must be so."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import TypeVar

from alembic_ext.deploy import trouble
from alembic_ext.deploy.glance import Locked
from alembic_ext.deploy.hold import Target
from alembic_ext.deploy.lock import Busy, Lock
from alembic_ext.deploy.note import Note
from alembic_ext.deploy.stage import Deploy, read, stopped
from alembic_ext.deploy.trouble import Failed
from alembic_ext.findings import Exit

T = TypeVar("T")


def look(work: Deploy) -> Sequence[Target]:
    """Where the databases are; a version table that is locked is looked at again, as a revision is tried again.

    Raises:
        Failed: it stays locked, or somewhere nothing can be deployed.
    """
    return _known(_patiently(work, work.project.look))


def _patiently(work: Deploy, what: Callable[[], T]) -> T:
    """Do something that needs version tables; where one is locked, again, as often as a revision is tried."""
    for attempt in count(1):
        try:
            return what()
        except Locked as locked:
            if attempt > work.options.retries:
                raise Failed(locked.problem, Exit.LOCKED, server=locked.server, help=locked.help) from None
            seconds = back_off(work, attempt)
            work.teller.tell(
                "retry", attempt=attempt, seconds=round(seconds, 2), error=locked.words, blockers=locked.blockers
            )
            _pause(work, seconds)
    raise AssertionError  # count() does not end


def back_off(work: Deploy, attempt: int) -> float:
    """How many seconds to wait before the next attempt: not the same for two who wait for one another."""
    seconds: float = min(work.options.backoff * 2 ** (attempt - 1), work.options.longest)
    return seconds * random.uniform(0.75, 1.25)


def _known(targets: Sequence[Target]) -> Sequence[Target]:
    for target in targets:
        if target.unknown:
            raise Failed(
                f"{target.place} is at {', '.join(target.unknown)}, a revision that this checkout does not have",
                Exit.USAGE,
                help="deploy a checkout that has it: the database was upgraded by a newer or another one",
            )  # fmt: skip
        if target.standby and target.pending:
            raise Failed(f"the server of {target.place} is a standby", Exit.USAGE, help="deploy to the primary")
    return targets


def lock(work: Deploy, targets: Sequence[Target], ending: ExitStack) -> None:
    """Take the first lock of every version table, one connection for each database."""
    until = time.monotonic() + work.options.wait
    by_database: dict[str, list[Target]] = {}
    for target in targets:
        by_database.setdefault(f"{target.place.server}/{target.place.database}", []).append(target)
    for name, group in sorted(by_database.items()):
        first = work.locks[name] = Lock(group[0].parameters, [(one.place.schema, one.place.table) for one in group])
        ending.callback(first.release)
        try:
            first.take(
                until, lambda seconds: _pause(work, seconds), lambda one: work.teller.tell("waiting", holder=one)
            )
        except Busy as busy:
            raise Failed(busy.problem, Exit.LOCKED, help=busy.help) from None
        work.watch.locks.append(first)
        for one in group:
            work.claims[one.place] = first.claim(one.place.schema, one.place.table)
            work.watch.parameters[one.place] = one.parameters


def _pause(work: Deploy, seconds: float) -> None:
    work.watch.pause(seconds)
    if work.watch.stopping.is_set():
        raise stopped(work, "while waiting: nothing had begun")


def check(work: Deploy, targets: Sequence[Target]) -> None:
    """What must be so before the first revision runs; a note stays until its revision is done."""
    broken = [(target, target.note) for target in targets if target.note]
    for target, left in broken:
        if not work.options.repair:
            path = work.project.path(left.revision)
            raise trouble.interrupted(work.project, left, str(target.place), path, read(target, trouble.invalid))
        _patiently(work, partial(_drop, work, target, left))
    if work.options.drift and (found := work.options.drift(targets)):
        raise trouble.drifted(found)
    work.notes.update((target.place, left) for target, left in broken)


def _drop(work: Deploy, target: Target, left: Note) -> None:
    """Drop what an interrupted revision left and nothing builds, over env.py's own connection."""
    indexes = trouble.concerned(read(target, trouble.invalid), [*left.committed, left.running or ""])
    if busy := [one for one in indexes if one.builder is not None]:
        raise Failed(
            f"it is not repaired: {'; '.join(map(str, busy))}", Exit.PARTLY, help="wait until it ends, or end it"
        )
    for one in indexes:
        work.teller.tell("warning", message=f"dropping the invalid index {one}")
    if indexes:
        work.project.drop(target.place, [one.drop for one in indexes])
