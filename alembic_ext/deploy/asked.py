"""What a deploy is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_ext.deploy.hold import Target


@dataclass(frozen=True)
class Options:
    """What may be said about a deploy; times are in seconds, or as PostgreSQL spells them.

    Args:
        lock_timeout: how long a statement of a transaction waits for a lock; None leaves what env.py or the role set.
        statement_timeout: how long one may take; likewise.
        wait: how long to wait for another deploy.
        retries: how often a revision that ran into ``lock_timeout`` is tried again.
        backoff: how long to wait before the first retry; it doubles each time.
        longest: but no longer than this.
        single_transaction: all revisions in one run of env.py, as ``alembic upgrade`` does it.
        repair: somebody has looked: drop the invalid indexes of a revision that was interrupted, where nothing builds
            them, and run it from its beginning.
        drift: called with the targets under the lock, before anything is run; what it gives is in the way.
    """

    lock_timeout: str | None = "3s"
    statement_timeout: str | None = None
    wait: float = 300.0
    retries: int = 10
    backoff: float = 1.0
    longest: float = 30.0
    single_transaction: bool = False
    repair: bool = False
    drift: Callable[[Sequence[Target]], Sequence[str]] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a deploy ended: the exit code, a message that is true, and the revisions that are committed now and were not.

    ``code`` is one of `Exit`, or 128 and a signal's number where one ended it and nothing is half done. ``error`` is
    what was in the way.
    """

    code: int
    message: str
    applied: tuple[str, ...] = ()
    error: Exception | None = None
