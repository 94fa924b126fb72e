"""A deploy from its plan to its end.

look ─▶ lock ─▶ look again ─▶ checks ─▶ ┌─ run env.py: one revision ─▶ committed ──┐
                                        │   └─ lock_timeout ─▶ rolled back ─▶ wait ─┤
                                        └◀──────────────────────────────────────────┘ ─▶ nothing is left
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext.deploy import trouble
from alembic_ext.deploy.asked import Options, Outcome
from alembic_ext.deploy.assertions import Untrue
from alembic_ext.deploy.events import Listener, Teller
from alembic_ext.deploy.grip import Grip
from alembic_ext.deploy.hold import Project, Run, Target
from alembic_ext.deploy.journal import Step
from alembic_ext.deploy.lock import TICK, Busy, Claim, Lock, LockLost, holder
from alembic_ext.deploy.place import Place
from alembic_ext.deploy.status import is_unreachable
from alembic_ext.deploy.trouble import Failed
from alembic_ext.deploy.watch import Watch
from alembic_ext.deploy.work import Orders, Stopped, words
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Exit
from alembic_ext.session import connected

if TYPE_CHECKING:
    from alembic.config import Config

RETRIED = ("55P03", "40P01")
"""lock_not_available, deadlock_detected: waiting for somebody else, who may be gone the next time."""


@dataclass
class _Deploy:
    """What the stages share."""

    project: Project
    options: Options
    teller: Teller
    watch: Watch
    applied: list[str]
    locks: dict[str, Lock] = field(default_factory=dict)
    claims: dict[Place, Claim] = field(default_factory=dict)
    run: Run | None = None

    @property
    def grips(self) -> list[Grip]:
        return self.run.grips if self.run else []


def deploy(
    config: Config, target: str = "head", *, options: Options | None = None, listeners: Iterable[Listener] = ()
) -> Outcome:
    """Upgrade a project's databases as pipelines need it; see the docs of `alembic_ext.deploy`.

    Args:
        config: Alembic's, as its own commands take it; ``cmd_opts.x`` holds what ``-x`` gave.
        target: a revision as ``alembic upgrade`` takes it.
        options: timeouts and the like.
        listeners: functions that are told each event.

    Returns:
        how it ended; a failure is no exception.
    """
    options = options or Options()
    teller = Teller(listeners)
    interval = 0.05 if options.lock_timeout else 0.25
    watch = Watch(teller.tell, interval)
    watch.start()
    applied: list[str] = []
    try:
        work = _Deploy(Project(config, target), options, teller, watch, applied)
        watch.grips = lambda: work.grips
        with ExitStack() as ending:
            outcome = _upgrade(work, ending)
    except Failed as failed:
        code = 128 + failed.signal if failed.signal else failed.exit_code
        outcome = Outcome(code, str(failed), tuple(applied), failed)
    except Exception as error:
        outcome = _unforeseen(error, tuple(applied))
    finally:
        watch.end()
    if outcome.code:
        teller.tell("failed", code=outcome.code, message=outcome.message)
    teller.tell("finished", code=outcome.code, message=outcome.message, applied=list(outcome.applied))
    return outcome


def _upgrade(work: _Deploy, ending: ExitStack) -> Outcome:
    targets = _known(work.project.look())
    if not any(target.pending for target in targets):
        return Outcome(Exit.CLEAN, "nothing to do: the database is at the wanted revision")
    _lock(work, targets, ending)
    targets = _known(work.project.look())
    work.project.fix(targets)
    plan = list(dict.fromkeys(one for target in targets for one in target.pending))
    work.teller.tell(
        "started", target=work.project.target, revisions=plan, databases=[str(target.place) for target in targets]
    )
    _check(work, targets)
    attempt, finished = 1, ""
    while True:
        if work.watch.stopping.is_set():
            if len(work.applied) == sum(len(target.pending) for target in targets):
                return _all(work)
            raise _stopped(work, finished or "nothing was open")
        run = work.run = Run(work.project, lambda place: _claim(work, place), _orders(work))
        run.attempt, run.single = attempt, work.options.single_transaction
        began = time.monotonic()
        error = run.go()
        done = [step for step in run.steps if step.done]
        for step in done:
            work.applied.append(step.revision)
            work.teller.tell("done", revision=step.revision, ms=round((time.monotonic() - began) * 1000, 1))
            finished = f"{step.revision} was finished"
        if error is None and len(done) == len(run.steps):
            if not done:
                return _all(work)
            attempt = 1
            continue
        attempt = _after(work, run, error, attempt)


def _all(work: _Deploy) -> Outcome:
    return Outcome(Exit.CLEAN, _committed(work), tuple(work.applied))


def _after(work: _Deploy, run: Run, error: BaseException | None, attempt: int) -> int:
    """Judge a run that did not go well; give the number of the next attempt.

    Raises:
        Failed: there is none.
    """
    left = [one for one in run.steps if not one.done]
    step = next((one for one in left if one.partly), left[0] if left else None)
    grip = next((one for one in run.grips if step in one.steps), run.grips[-1] if run.grips else None)
    failure = next((one.failure for one in run.grips if one.failure), None)
    broken = next((one.broken for one in run.grips if one.broken), None)
    if failure and failure.lost:
        _settle(work, step)
        if step and step.done:
            return 1
    if step and step.partly:
        raise trouble.partly(work.project, step, failure, _invalid(work, grip), words(broken or error or "no error"))
    if isinstance(broken, Stopped) or work.watch.stopping.is_set():
        raise _stopped(work, f"{step.revision} was rolled back" if step else "nothing was open")
    if isinstance(broken, (LockLost, Busy)):
        raise Failed(_first(broken.problem, step), Exit.LOCKED, help=broken.help)
    if failure and failure.lost:
        raise trouble.refused(step, failure, error, Exit.UNREACHABLE, "deploy again: it goes on with this revision")
    if failure and failure.state in RETRIED:
        return _again(work, step, failure, error, attempt)
    if isinstance(error, Untrue):
        raise Failed(error.problem, Exit.FINDINGS, where=error.where, server=error.server, help=error.help)
    if error is None and failure is None and step:
        raise Failed(
            f"env.py ended without an error, but did not commit {step.revision}", Exit.USAGE,
            help="`alembic upgrade` does not commit it either: use context.begin_transaction(), and let errors through",
        )  # fmt: skip
    if failure is None and not isinstance(error, Exception):
        raise Failed(f"env.py ended the process: {error!r}", Exit.USAGE, where=step.path if step else "")
    if failure is None and step is None and error is not None:
        raise error
    raise trouble.refused(step, failure, error, Exit.FINDINGS, "correct the revision, or the data, then deploy again")


def _again(work: _Deploy, step: Step | None, failure: Any, error: BaseException | None, attempt: int) -> int:
    """Wait, with nothing held, for the next attempt; or give up."""
    alone = step is not None and "autocommit_block" in Path(step.path).read_text("utf-8")
    if alone or attempt > work.options.retries:
        reason = "it has an autocommit_block, and is never retried by itself" if alone else f"{attempt} attempts"
        raise trouble.refused(step, failure, error, Exit.LOCKED, f"deploy again when the lock is free ({reason})")
    seconds = min(work.options.backoff * 2 ** (attempt - 1), work.options.longest) * random.uniform(0.75, 1.25)
    work.teller.tell(
        "retry", revision=step.revision if step else None, attempt=attempt, seconds=round(seconds, 2),
        error=failure.words, blockers=failure.blockers,
    )  # fmt: skip
    work.watch.pause(seconds)
    return attempt + 1


# -------------------------------------------------------------------------------------------------- before it begins


def _known(targets: Sequence[Target]) -> Sequence[Target]:
    for target in targets:
        if target.unknown:
            raise Failed(
                f"{target.place} is at {', '.join(target.unknown)}, which is no revision of this checkout", Exit.USAGE,
                help="deploy a checkout that has it: the database was upgraded by a newer or another one",
            )  # fmt: skip
        if target.standby and target.pending:
            raise Failed(f"the server of {target.place} is a standby", Exit.USAGE, help="deploy to the primary")
    return targets


def _lock(work: _Deploy, targets: Sequence[Target], ending: ExitStack) -> None:
    """Take the first lock of every version table, one connection for each database."""
    until = time.monotonic() + work.options.wait
    by_database: dict[str, list[Target]] = {}
    for target in targets:
        by_database.setdefault(f"{target.place.server}/{target.place.database}", []).append(target)
    for name, group in sorted(by_database.items()):
        lock = work.locks[name] = Lock(group[0].parameters, [(one.place.schema, one.place.table) for one in group])
        ending.callback(lock.release)
        try:
            lock.take(until, lambda seconds: _pause(work, seconds), lambda one: work.teller.tell("waiting", holder=one))
        except Busy as busy:
            raise Failed(busy.problem, Exit.LOCKED, help=busy.help) from None
        work.watch.locks.append(lock)
        for one in group:
            work.claims[one.place] = lock.claim(one.place.schema, one.place.table)
            work.watch.parameters[one.place] = one.parameters


def _pause(work: _Deploy, seconds: float) -> None:
    work.watch.pause(seconds)
    if work.watch.stopping.is_set():
        raise _stopped(work, "while waiting for another deploy: nothing was begun")


def _claim(work: _Deploy, place: Place) -> Claim:
    if place not in work.claims:
        raise AlembicExtError(f"env.py led to {place}, where it did not lead before", help="deploy again")
    return work.claims[place]


def _check(work: _Deploy, targets: Sequence[Target]) -> None:
    """What must be so before the first revision runs."""
    for target in targets:
        if target.note is None:
            continue
        found = _read(target, trouble.invalid)
        if not work.options.repair:
            path = work.project.path(target.note.revision)
            raise trouble.interrupted(target.note, str(target.place), path, found)
        _repair(work, target, trouble.concerned(found, [*target.note.committed, target.note.running or ""]))
    if work.options.drift and (found := work.options.drift(targets)):
        raise Failed("the database is not what its revisions made of it:\n" + "\n".join(found), Exit.FINDINGS)


def _repair(work: _Deploy, target: Target, indexes: Sequence[trouble.Invalid]) -> None:
    """Drop what nothing builds, over env.py's own connection, and take the note away."""
    if busy := [one for one in indexes if one.builder is not None]:
        raise Failed(
            f"it is not repaired: {'; '.join(map(str, busy))}", Exit.PARTLY, help="wait until it ends, or end it"
        )
    for one in indexes:
        work.teller.tell("warning", message=f"dropping the invalid index {one}")
    work.project.repair(target.place, [one.drop for one in indexes])


# ------------------------------------------------------------------------------------------------------------ truth


def _orders(work: _Deploy) -> Orders:
    settings = {"lock_timeout": work.options.lock_timeout, "statement_timeout": work.options.statement_timeout}
    by = f"{socket.gethostname()}, process {os.getpid()}"
    return Orders(settings, work.watch.stopping.is_set, work.options.wait, by, work.teller.tell)


def _read(target: Target, what: Callable[[Callable[[str], Any]], Any]) -> Any:
    session = connected(target.parameters, {})
    try:
        return what(session.rows)
    finally:
        session.close()


def _invalid(work: _Deploy, grip: Grip | None) -> list[trouble.Invalid]:
    """The invalid indexes, as far as the server can still be asked."""
    try:
        session = connected(work.watch.parameters[grip.place], {}) if grip else None
        found: list[trouble.Invalid] = trouble.invalid(session.rows) if session else []
    except Exception:
        return []
    session.close() if session else None
    return found


def _settle(work: _Deploy, step: Step | None) -> None:
    """Find out whether a revision was committed whose connection was lost: ask, once its transaction has ended."""
    until = time.monotonic() + work.options.wait
    said = ""
    while True:
        try:
            targets = work.project.look()
            if any(_read(one, partial(holder, number=work.claims[one.place].second)) for one in targets):
                raise Busy("its transaction has not ended")
            break
        except Exception as error:
            said = words(error)
            if time.monotonic() >= until or work.watch.stopping.is_set() or not _may_change(error):
                raise Failed(
                    f"the connection was lost, and nobody knows whether {step.revision if step else 'it'} is committed",
                    Exit.UNREACHABLE, server=said, help="`alembic-ext status` tells it when the server answers again",
                ) from None  # fmt: skip
            work.watch.pause(TICK)
    if step and all(step.revision not in target.pending for target in targets):
        step.done = True
        work.applied.append(step.revision)


def _may_change(error: Exception) -> bool:
    return isinstance(error, Busy) or is_unreachable(error)


def _stopped(work: _Deploy, what: str) -> Failed:
    number = work.watch.signal or 15
    left = _committed(work)
    stopped = Failed(f"stopped by signal {number}: {what}; {left}", Exit.LOCKED, help="deploy again to go on")
    stopped.signal = number
    return stopped


def _first(problem: str, step: Step | None) -> str:
    return f"{problem}; {step.revision} was rolled back" if step else problem


def _unforeseen(error: Exception, applied: tuple[str, ...]) -> Outcome:
    if is_unreachable(error):
        return Outcome(Exit.UNREACHABLE, f"the database does not answer\n  server: {words(error)}", applied, error)
    return Outcome(Exit.USAGE, str(error).strip() or repr(error), applied, error)


def _committed(work: _Deploy) -> str:
    number = len(work.applied)
    return f"{number} revision{' is' if number == 1 else 's are'} committed"
