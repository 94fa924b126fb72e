"""A deploy from its plan to its end.

look ─▶ lock ─▶ look again ─▶ checks ─▶ ┌─ run env.py: one revision ─▶ committed ──┐
                                        │   └─ lock_timeout ─▶ rolled back ─▶ wait ─┤
                                        └◀──────────────────────────────────────────┘ ─▶ nothing is left
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from alembic_ext.deploy import after, before
from alembic_ext.deploy.asked import Options, Outcome
from alembic_ext.deploy.events import Listener, Teller
from alembic_ext.deploy.hold import Project, Run, Target
from alembic_ext.deploy.lock import Claim
from alembic_ext.deploy.place import Place
from alembic_ext.deploy.stage import Deploy, committed, stopped
from alembic_ext.deploy.status import is_unreachable
from alembic_ext.deploy.trouble import Failed
from alembic_ext.deploy.watch import Watch
from alembic_ext.deploy.work import Orders
from alembic_ext.errors import AlembicExtError, in_words
from alembic_ext.findings import Exit

if TYPE_CHECKING:
    from alembic.config import Config


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
        work = Deploy(Project(config, target, options.lock_timeout), options, teller, watch, applied)
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


def _upgrade(work: Deploy, ending: ExitStack) -> Outcome:
    targets = before.look(work)
    if not any(target.pending for target in targets):
        return Outcome(Exit.CLEAN, _nothing(work.project, targets))
    before.lock(work, targets, ending)
    targets = before.look(work)
    work.project.fix(targets)
    plan = list(dict.fromkeys(one for target in targets for one in target.pending))
    work.teller.tell(
        "started", target=work.project.target, revisions=plan, databases=[str(target.place) for target in targets]
    )
    before.check(work, targets)
    attempt, finished = 1, ""
    while True:
        if work.watch.stopping.is_set():
            if len(work.applied) == sum(len(target.pending) for target in targets):
                return _all(work)
            raise stopped(work, finished or "nothing was open")
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
        attempt = after.judge(work, run, error, attempt)


def _nothing(project: Project, targets: Sequence[Target]) -> str:
    """Why there is nothing to do: everything is there, or even more than was asked for."""
    further = sorted({one for target in targets for one in project.further(target.heads)})
    if not further:
        return "nothing to do: the database is at the wanted revision"
    return f"nothing to do: the database is ahead of {project.target}, at {', '.join(further)}; deploy never downgrades"


def _all(work: Deploy) -> Outcome:
    return Outcome(Exit.CLEAN, committed(work), tuple(work.applied))


def _claim(work: Deploy, place: Place) -> Claim:
    if place not in work.claims:
        raise AlembicExtError(f"env.py led to {place}, where it did not lead before", help="deploy again")
    return work.claims[place]


def _orders(work: Deploy) -> Orders:
    settings = {"lock_timeout": work.options.lock_timeout, "statement_timeout": work.options.statement_timeout}
    by = f"{socket.gethostname()}, process {os.getpid()}"
    return Orders(settings, work.watch.stopping.is_set, work.options.wait, by, work.teller.tell, work.notes)


def _unforeseen(error: Exception, applied: tuple[str, ...]) -> Outcome:
    if is_unreachable(error):
        return Outcome(Exit.UNREACHABLE, f"the database does not answer\n  server: {in_words(error)}", applied, error)
    code = error.exit_code if isinstance(error, AlembicExtError) else Exit.USAGE
    return Outcome(code, str(error).strip() or repr(error), applied, error)
