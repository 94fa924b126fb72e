"""After a run that did not go well: what became of it, and whether it is tried again."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

from alembic_ext.deploy import trouble
from alembic_ext.deploy.assertions import Untrue
from alembic_ext.deploy.before import back_off
from alembic_ext.deploy.glance import Locked
from alembic_ext.deploy.grip import Grip
from alembic_ext.deploy.hold import Run
from alembic_ext.deploy.journal import Step
from alembic_ext.deploy.lock import TICK, Busy, LockLost, holder
from alembic_ext.deploy.stage import Deploy, read, stopped
from alembic_ext.deploy.status import is_unreachable
from alembic_ext.deploy.trouble import Failed
from alembic_ext.deploy.work import Stopped
from alembic_ext.errors import in_words
from alembic_ext.findings import Exit
from alembic_ext.session import connected

RETRIED = ("55P03", "40P01")
"""lock_not_available, deadlock_detected: waiting for somebody else, who may be gone the next time."""


def judge(work: Deploy, run: Run, error: BaseException | None, attempt: int) -> int:
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
        raise trouble.partly(work.project, step, failure, _invalid(work, grip), in_words(broken or error or "no error"))
    if isinstance(broken, Stopped) or work.watch.stopping.is_set():
        raise stopped(work, f"{step.revision} was rolled back" if step else "nothing was open")
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


def _again(work: Deploy, step: Step | None, failure: Any, error: BaseException | None, attempt: int) -> int:
    """Wait, with nothing held, for the next attempt; or give up."""
    alone = step is not None and "autocommit_block" in Path(step.path).read_text("utf-8")
    if alone or attempt > work.options.retries:
        reason = "it has an autocommit_block, so it is never retried automatically" if alone else f"{attempt} attempts"
        raise trouble.refused(step, failure, error, Exit.LOCKED, f"deploy again when the lock is free ({reason})")
    seconds = back_off(work, attempt)
    work.teller.tell(
        "retry", revision=step.revision if step else None, attempt=attempt, seconds=round(seconds, 2),
        error=failure.words, blockers=failure.blockers,
    )  # fmt: skip
    work.watch.pause(seconds)
    return attempt + 1


def _invalid(work: Deploy, grip: Grip | None) -> list[trouble.Invalid]:
    """The invalid indexes, as far as the server can still be asked."""
    if grip is None:
        return []
    try:
        session = connected(work.watch.parameters[grip.place], {})
        try:
            return trouble.invalid(session.rows)
        finally:
            session.close()
    except Exception:
        return []


def _settle(work: Deploy, step: Step | None) -> None:
    """Find out whether a revision was committed whose connection was lost: ask, once its transaction has ended."""
    until = time.monotonic() + work.options.wait
    said = ""
    while True:
        try:
            targets = work.project.look()
            if any(read(one, partial(holder, number=work.claims[one.place].second)) for one in targets):
                raise Busy("its transaction has not ended")
            break
        except Exception as error:
            said = in_words(error)
            if time.monotonic() >= until or work.watch.stopping.is_set() or not _may_change(error):
                raise Failed(
                    f"the connection was lost; it is unknown whether {step.revision if step else 'it'} is committed",
                    Exit.UNREACHABLE, server=said, help="ask `alembic-ext status` when the server answers again",
                ) from None  # fmt: skip
            work.watch.pause(TICK)
    if step and all(step.revision not in target.pending for target in targets):
        step.done = True
        work.applied.append(step.revision)


def _may_change(error: Exception) -> bool:
    return isinstance(error, (Busy, Locked)) or is_unreachable(error)


def _first(problem: str, step: Step | None) -> str:
    return f"{problem}; {step.revision} was rolled back" if step else problem
