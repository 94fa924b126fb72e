"""Which revisions are judged."""

from __future__ import annotations

from collections.abc import Sequence

from alembic_ext.errors import AlembicExtError
from alembic_ext.history import Revision
from alembic_ext.project import Project
from alembic_ext.project.git import needed
from alembic_ext.project.named import one_of
from alembic_ext.stairway import above


def chosen(
    project: Project, revisions: Sequence[Revision], base: str | None, named: Sequence[str], since: str | None, *,
    everything: bool,
) -> frozenset[str]:  # fmt: skip
    """The ids of the revisions that are asked for: by name, above one, not in the base, all; else the newest.

    Raises:
        AlembicExtError: one that is named does not exist.
    """
    ids = frozenset(one.id for one in revisions)
    if everything:
        return ids
    if named:
        return frozenset(id for name in named for id in _of(name, revisions))
    if since:
        return above(revisions, [one_of(since, revisions, "--since")])
    if base:
        changed = needed(project.repository, project.folder).changed(base)
        return frozenset(one.id for one in revisions if project.relative(one.file) in changed)
    return frozenset([revisions[-1].id]) if revisions else frozenset()


def _of(name: str, revisions: Sequence[Revision]) -> frozenset[str]:
    """One revision, or those above the first of two up to the second: ``REV:REV``."""
    first, colon, last = name.partition(":")
    if not colon:
        return frozenset([one_of(name, revisions, "REV")])
    end = one_of(last, revisions, "REV") if last else None
    found = above(revisions, [one_of(first, revisions, "REV")]) if first else frozenset(one.id for one in revisions)
    if end and not found - above(revisions, [end]) and first != last:
        raise AlembicExtError(f"REV: {name!r} holds no revision", help=f"the lower one stands first: {last}:{first}")
    return found - above(revisions, [end]) if end else found
