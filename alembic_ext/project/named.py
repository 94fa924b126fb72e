"""Which revision a word means, and what is said where it means none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from alembic_ext.errors import AlembicExtError, meant


class Named(Protocol):
    """A revision, by its id and labels."""

    @property
    def id(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...


def one_of(name: str, revisions: Sequence[Named], what: str) -> str:
    """The id of the one revision that a name, a label or the beginning of an id means; ``what`` asks for it.

    Raises:
        AlembicExtError: there is none, or there are several.
    """
    found = [one.id for one in revisions if name in (one.id, *one.labels)]
    found = found or [one.id for one in revisions if one.id.startswith(name)]
    if len(found) != 1:
        raise not_one(name, [word for one in revisions for word in (one.id, *one.labels)], len(found), what=what)
    return found[0]


def not_one(name: str, known: Iterable[str], count: int = 0, *, what: str = "", where: str = "") -> AlembicExtError:
    """The error of a word that means no revision, or a ``count`` of them.

    >>> print(not_one("frist", ["first", "second"], what="--since"))
    --since: there is no revision 'frist'
      help: did you mean 'first'? alembic history lists them
    """
    problem = f"there are {count} revisions {name!r}" if count else f"there is no revision {name!r}"
    help = meant(name, known, "alembic history lists them")
    return AlembicExtError(f"{what}: {problem}" if what else problem, where=where, help=help)
