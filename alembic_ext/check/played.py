"""The history played in a sandbox: what it gives, compared with the models or with what it gave before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_ext import catalog
from alembic_ext.check.differences import Difference
from alembic_ext.check.models import diffs
from alembic_ext.findings import Finding, Rule
from alembic_ext.history import Ground, History, opened
from alembic_ext.model import Snapshot

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_ext.history import Failure
    from alembic_ext.project import Project

FAILS = Rule("CK109", "revision-fails")
States = list[tuple[str, Snapshot, Snapshot]]
"""For each database: its label (empty where there is one), what it had before and after."""


def compare(project: Project, ground: Ground) -> tuple[list[Difference], list[Finding]]:
    """What differs between the models and what all revisions give; or the revision that cannot be run.

    Raises:
        AlembicExtError: no sandbox can be had, or the guard refused what env.py did.
    """
    with opened(ground, words=project.words, folder=Path.cwd()) as history:
        steps = [("up", revision.id) for revision in history.revisions]
        if (failure := history.reach([id for _, id in steps])) is not None:
            return [], [failed(project, failure, steps)]
        found = history.call(f"{__name__}:differences_here", doing="the models cannot be compared")
        return [Difference(**one) for one in found], []


def differences_here(config: Config) -> list[dict[str, Any]]:
    """In the child process: the differences as JSON knows values."""
    return [asdict(one) for one in diffs(config)]


def states(project: Project, ground: Ground, new: Collection[str]) -> tuple[States, list[Finding]]:
    """What the databases have before and after the ``new`` revisions, all others being below them.

    Raises:
        AlembicExtError: as in `compare`.
    """
    with opened(ground, words=project.words, folder=Path.cwd()) as history:
        old = [("up", one.id) for one in history.revisions if one.id not in new]
        more = [("up", one.id) for one in history.revisions if one.id in new]
        if (failure := history.reach([id for _, id in old])) is not None:
            return [], [failed(project, failure, old)]
        before = _read(history)
        if (failure := history.walk(more)) is not None:
            return [], [failed(project, failure, more)]
        after = _read(history)
    nothing = Snapshot()
    several = len(after) > 1
    return [(name if several else "", before.get(name, nothing), after[name]) for name in sorted(after)], []


def _read(history: History) -> dict[str, Snapshot]:
    found = {}
    for database in history.databases:
        session = database.connected()
        try:
            found[database.label] = catalog.read(session.rows, session.version, named=False)
        finally:
            session.close()
    return found


def failed(project: Project, failure: Failure, steps: list[tuple[str, str]]) -> Finding:
    """A revision that cannot be run is found, not an error of ours.

    Raises:
        Refused: the guard stopped it.
        HistoryFailed: no revision was begun: env.py failed.
    """
    if failure.refused:
        raise failure.error("the history cannot be played")
    if not failure.stepping:
        raise failure.again("env.py failed")
    way, revision = steps[min(failure.done, len(steps) - 1)]
    file, _, line = failure.place.rpartition(":")
    place = {"file": project.relative(file), "line": int(line)} if file and line.isdigit() else {}
    return FAILS.found(
        f"revision {revision} cannot be run ({way}): {failure.message}",
        revision=revision,
        sql=failure.statement.strip(),
        help=failure.help or "correct it; or name what it needs in [tool.alembic-ext]: roles, extensions, baseline",
        **place,
    )
