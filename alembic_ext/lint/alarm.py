"""In the child process: an alarm for an upgrade that takes too long."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn


class Late(KeyboardInterrupt):
    """An upgrade takes too long; psycopg ends a statement for this as it does for Ctrl-C."""


@contextmanager
def alarmed(seconds: float) -> Iterator[None]:
    """Raise `Late` when it takes longer, wherever Python is then; 0 is no limit."""

    def ring(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise Late

    before = None
    with suppress(ValueError):  # another thread than the first has no alarm
        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        if before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
