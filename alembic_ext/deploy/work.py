"""What is running, and what went wrong with it: values that the main thread writes and the one that watches reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_ext.deploy.lock import LockLost
from alembic_ext.errors import AlembicExtError
from alembic_ext.session import sqlstate

if TYPE_CHECKING:
    from alembic_ext.deploy.note import Note
    from alembic_ext.deploy.place import Place

_LOST = ("57P01", "57P02", "57P03", "57P05", "25P03", "25P04")


class Stopped(AlembicExtError):
    """Somebody asked the deploy to stop, and the open transaction is rolled back."""


@dataclass(frozen=True)
class Orders:
    """What holds for all connections of a deploy."""

    settings: Mapping[str, str | None]
    """SET LOCAL at the begin of each transaction."""
    stopping: Callable[[], bool]
    wait: float
    by: str
    tell: Callable[..., None]
    notes: Mapping[Place, Note] = field(default_factory=dict)
    """What earlier deploys have left half done."""


@dataclass
class Work:
    """What is running now, for who watches: since when (``time.monotonic()``), in which process, and whether a
    transaction holds it.
    """

    sql: str
    revision: str
    pid: int
    since: float
    transactional: bool
    blockers: list[dict[str, Any]] = field(default_factory=list)
    waited: float = 0.0
    next_look: float = 0.0


@dataclass
class Failure:
    """The last error of a connection: its words, its SQLSTATE, who was in the way."""

    words: str
    state: str | None
    lost: bool
    blockers: list[dict[str, Any]]


def lost() -> LockLost:
    """The error of one whose first lock is gone."""
    return LockLost(
        "the connection that holds the deploy's lock is gone: nothing more is sent or committed",
        help="deploy again; another deploy may have begun",
    )


def is_lost(error: object) -> bool:
    """Whether a driver's error means that the connection is gone."""
    state = sqlstate(error) or ""
    return state in _LOST or state.startswith("08")
