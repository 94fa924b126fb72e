"""What the stages of a deploy share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from alembic_ext.deploy.asked import Options
from alembic_ext.deploy.events import Teller
from alembic_ext.deploy.grip import Grip
from alembic_ext.deploy.hold import Project, Run, Target
from alembic_ext.deploy.lock import Claim, Lock
from alembic_ext.deploy.note import Note
from alembic_ext.deploy.place import Place
from alembic_ext.deploy.trouble import Failed
from alembic_ext.deploy.watch import Watch
from alembic_ext.findings import Exit
from alembic_ext.session import connected


@dataclass
class Deploy:
    """One deploy: what it works on, and how far it is."""

    project: Project
    options: Options
    teller: Teller
    watch: Watch
    applied: list[str]
    locks: dict[str, Lock] = field(default_factory=dict)
    claims: dict[Place, Claim] = field(default_factory=dict)
    notes: dict[Place, Note] = field(default_factory=dict)
    run: Run | None = None

    @property
    def grips(self) -> list[Grip]:
        return self.run.grips if self.run else []


def stopped(work: Deploy, what: str) -> Failed:
    """The end that a signal asked for; ``what`` became of what was open."""
    number = work.watch.signal or 15
    left = committed(work)
    stopped = Failed(f"stopped by signal {number}: {what}; {left}", Exit.LOCKED, help="deploy again to go on")
    stopped.signal = number
    return stopped


def committed(work: Deploy) -> str:
    """How much was done, in words."""
    number = len(work.applied)
    return f"{number} revision{' is' if number == 1 else 's are'} committed"


def read(target: Target, what: Callable[[Callable[[str], Any]], Any]) -> Any:
    """What somebody finds out who is given a function that asks a target's database."""
    session = connected(target.parameters, {})
    try:
        return what(session.rows)
    finally:
        session.close()
