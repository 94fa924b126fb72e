"""Where the databases of a project are: what `status` says, and what init containers wait for with ``--wait``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_ext.deploy import trouble
from alembic_ext.deploy.glance import Locked
from alembic_ext.deploy.hold import Project, Target
from alembic_ext.deploy.lock import FIRST, holder, key
from alembic_ext.deploy.trouble import Failed
from alembic_ext.errors import in_words
from alembic_ext.findings import Exit
from alembic_ext.session import connected, sqlstate

if TYPE_CHECKING:
    from alembic.config import Config


@dataclass(frozen=True)
class Where:
    """One version table: where it is, what is left to do, who deploys now, what was interrupted, what is invalid."""

    target: Target
    deploying: dict[str, Any] | None
    invalid: tuple[str, ...]

    @property
    def interrupted(self) -> str | None:
        """The revision that is half done; while a deploy goes on, a note on it is that deploy's own."""
        return self.target.note.revision if self.target.note and not self.deploying else None

    def as_json(self) -> dict[str, Any]:
        """The same as JSON knows values."""
        one = self.target
        return {
            "database": str(one.place),
            "heads": list(one.heads),
            "pending": list(one.pending),
            "unknown": list(one.unknown),
            "interrupted": self.interrupted,
            "deploying": self.deploying,
            "invalid_indexes": list(self.invalid),
        }


@dataclass(frozen=True)
class Status:
    """The whole answer: exit code, message, each version table, and the error where the database does not answer."""

    code: int
    message: str
    places: tuple[Where, ...] = ()
    error: Exception | None = None


def status(
    config: Config,
    target: str = "head",
    *,
    wait: float = 0.0,
    every: float = 1.0,
    newer: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Status:
    """Say where the databases are; with ``wait``, only when they are there or that many seconds are over.

    Args:
        config: Alembic's.
        target: the revision that is wanted.
        wait: seconds; a database that does not answer yet is waited for too.
        every: seconds between two looks.
        newer: a database at a revision that this checkout does not have is taken for newer, and good; without it that
            is an error at once. An old pod that starts again after a newer release needs it.
        pause: what waits.

    Returns:
        code 0 where everything is applied, 1 where something is left to do, 2 where a revision is unknown, 3 where the
        database does not answer, 4 where its version table is locked, 5 where a revision is half done and nobody
        deploys.
    """
    until = time.monotonic() + wait
    project = Project(config, target)
    while True:
        found = _look(project, newer)
        if found.code not in (Exit.FINDINGS, Exit.UNREACHABLE, Exit.LOCKED) or time.monotonic() >= until:
            return found
        pause(min(every, max(0.0, until - time.monotonic())))


def _look(project: Project, newer: bool) -> Status:
    try:
        places = tuple(map(_where, project.look()))
        if any(one.interrupted for one in places):  # or its deploy ended between the two questions
            places = tuple(map(_where, project.look()))
    except Locked as locked:
        return Status(Exit.LOCKED, f"{locked.problem}\n  server: {locked.server}")
    except Exception as error:
        if not is_unreachable(error):
            raise
        return Status(Exit.UNREACHABLE, f"the database does not answer\n  server: {in_words(error)}", error=error)
    return Status(*_judged(places, newer), places)


def _judged(places: Sequence[Where], newer: bool) -> tuple[int, str]:
    if broken := [one for one in places if one.interrupted]:
        return Exit.PARTLY, "; ".join(f"{one.target.place}: {one.interrupted} is half done" for one in broken)
    targets = [one.target for one in places]
    if not newer and (strange := [one for one in targets if one.unknown]):
        rows = "; ".join(f"{one.place} is at {', '.join(one.unknown)}" for one in strange)
        return Exit.USAGE, f"{rows}, a revision that this checkout does not have"
    if behind := [one for one in targets if one.pending]:
        return Exit.FINDINGS, "; ".join(f"{one.place}: left to do: {', '.join(one.pending)}" for one in behind)
    return Exit.CLEAN, "nothing is left to do"


def _where(target: Target) -> Where:
    session = connected(target.parameters, {})
    try:
        deploying = holder(session.rows, key(FIRST, target.place.schema, target.place.table))
        return Where(target, deploying, tuple(map(str, trouble.invalid(session.rows))))
    finally:
        session.close()


def is_unreachable(error: object) -> bool:
    """Whether an error, of a driver or of SQLAlchemy around it, says that the server does not answer (now)."""
    if isinstance(error, Failed):
        return error.exit_code == Exit.UNREACHABLE
    state, inner = sqlstate(error), getattr(error, "orig", None) or error
    if state is not None:
        return state.startswith(("08", "57P")) or state in ("53300", "3D000")
    names = {one.__name__ for one in type(inner).__mro__}
    return bool(names & {"OperationalError", "InterfaceError", "ConnectionError", "gaierror"})
