"""What the history gives at some revisions: played in a sandbox, and read as production is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_ext import session
from alembic_ext.drift.connection import SETTINGS, connected
from alembic_ext.drift.reader import Reading, read
from alembic_ext.drift.revisions import Versions, lineage, owner, versions
from alembic_ext.errors import AlembicExtError, SandboxUnavailable
from alembic_ext.model import Key, Snapshot
from alembic_ext.scratch import reprint

if TYPE_CHECKING:
    from alembic_ext.history import Database, Ground, History, Revision
    from alembic_ext.project import Project

Equal = Callable[[Snapshot, Snapshot, Sequence[Key]], frozenset[Key]]
"""Of these keys those that are equal, though they are printed otherwise on both sides."""


@dataclass(frozen=True)
class Wanted:
    """What the history gives, and a way to ask the server whether two definitions are the same."""

    reading: Reading
    equal: Equal
    table: Versions | None


class Printer:
    """The sandbox as `reprint` wants it."""

    def __init__(self, session: session.Session) -> None:
        self.session = session


@contextmanager
def history(project: Project, ground: Ground) -> Iterator[History]:
    """The history of a project, to be played."""
    from alembic_ext.history import opened

    with opened(ground, words=project.words, folder=Path.cwd()) as found:
        yield found


def wanted(played: History, heads: Sequence[str], major: int, database: str, version_table: str) -> Wanted:
    """Play the history up to these revisions, and read what it gives.

    Args:
        played: the history.
        heads: the revisions that production says it is at.
        major: PostgreSQL's major version in production.
        database: the name of production's database, for projects with several.
        version_table: where it is, if it is not Alembic's usual one.

    Raises:
        HistoryFailed: a revision cannot be run.
        SandboxUnavailable: the sandbox is of another major version.
    """
    by_id: dict[str, Revision] = {one.id: one for one in played.revisions}
    needed = lineage(heads, by_id)
    failure = played.reach([one.id for one in played.revisions if one.id in needed])
    if failure is not None:
        raise failure.error("the history cannot be played up to where production is")
    sandbox = _chosen(played.databases, database)
    with connected(sandbox.parameters, "0") as there:
        if there.version // 10000 != major:
            raise SandboxUnavailable(
                f"production is PostgreSQL {major}, and the history was played on PostgreSQL {there.version // 10000}: "
                "they print definitions differently",
                help=f"name a server of major version {major} for throw-away databases: --dev-url, or dev-url in "
                "[tool.alembic-ext]",
            )
        found = versions(there, version_table, rows=False)
        reading = read(there, owner(there, found))

    def equal(have: Snapshot, want: Snapshot, keys: Sequence[Key]) -> frozenset[Key]:
        if not keys:
            return frozenset()
        own = sandbox.connected({name: value for name, value in SETTINGS.items() if name != "transaction_read_only"})
        try:
            return reprint.equal(Printer(own), want, have, keys)  # type: ignore[arg-type]
        finally:
            own.close()

    return Wanted(reading, equal, found)


def _chosen(databases: Sequence[Database], name: str) -> Database:
    """The sandbox that stands for production's database."""
    if not databases:
        raise AlembicExtError("env.py connected to no database", help="it has to run migrations online")
    if len(databases) == 1:
        return databases[0]
    found = [one for one in databases if one.label.rpartition("/")[2] == name]
    if len(found) != 1:
        raise AlembicExtError(
            f"the project has several databases ({', '.join(one.label for one in databases)}), and none of them, or "
            f"more than one, is called {name!r} as in production",
            help="let env.py name one so, perhaps with -x",
        )
    return found[0]
