"""Who watches while a statement runs: a thread with a connection of its own that only looks, and may cancel.

It tells who is in the way (asked of the server while the wait lasts: afterwards nobody knows), notices when the lock's
connection is lost, and hears signals. Python runs a signal's handler in the main thread, between two instructions, and
a driver that waits in C gives it none; so the interpreter's wake-up descriptor is used, which the signal writes to at
once, and this thread reads it.

A statement is cancelled (by the server, over the connection that looks) only where that undoes the whole: inside a
transaction that is ours, which the same SELECT checks by the second lock, so that behind a pool no stranger is hit. One
in AUTOCOMMIT is left to finish, because half a CREATE INDEX CONCURRENTLY is worse than a whole one; a second signal
cancels it all the same.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from alembic_ext.deploy.glance import HOLDER
from alembic_ext.deploy.grip import Grip
from alembic_ext.deploy.lock import Lock
from alembic_ext.deploy.place import Place
from alembic_ext.deploy.work import Work, lost
from alembic_ext.session import Session, connected

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
AWAKE = 5.0
"""Seconds between two looks at the lock's connection."""

_BLOCKERS = """
    SELECT b.pid, a.usename::text, a.application_name, a.state,
           extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
           CASE WHEN a.query <> '<insufficient privilege>' THEN a.query END
    FROM (SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids({pid}))) b (pid)
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY 5 DESC NULLS LAST, 1"""


class Watch:
    """The thread, from ``start()`` to ``end()``. ``stopping`` is set by the first signal."""

    def __init__(self, tell: Callable[..., None], interval: float) -> None:
        self._tell, self._interval = tell, interval
        self.stopping, self.signals = threading.Event(), 0
        self.signal: int | None = None
        self.grips: Callable[[], list[Grip]] = list
        self.locks: list[Lock] = []
        self.parameters: dict[Place, Mapping[str, str]] = {}
        self._sessions: dict[str, Session | None] = {}
        self._thread = threading.Thread(target=self._run, name="alembic-ext deploy", daemon=True)
        self._ended = threading.Event()
        self._wake: tuple[int, int] | None = None
        self._before: dict[int, Any] = {}

    def start(self) -> None:
        """Begin to watch; signals only in the main thread, as Python wants it."""
        if threading.current_thread() is threading.main_thread():
            self._wake = os.pipe()
            for end in self._wake:
                os.set_blocking(end, False)
            self._old_wake = signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
            self._before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
        self._thread.start()

    def end(self) -> None:
        """Stop watching, and leave signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._wake:
            signal.set_wakeup_fd(self._old_wake)
        self._ended.set()
        self._thread.join()
        for end in self._wake or ():
            os.close(end)
        for session in self._sessions.values():
            if session:
                session.close()

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until somebody asks to stop."""
        self.stopping.wait(seconds)

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._ended.is_set():
            self._hear()
            for grip in self.grips():
                if work := grip.work:
                    with contextlib.suppress(Exception):  # what only looks must not end what works
                        self._look(grip, work)
            if time.monotonic() - looked >= AWAKE:
                looked = time.monotonic()
                for lock in self.locks:
                    lock.alive()

    def _hear(self) -> None:
        """Wait for a signal, or an interval."""
        if self._wake is None:
            self._ended.wait(self._interval)
            return
        if not select.select([self._wake[0]], [], [], self._interval)[0]:
            return
        for number in os.read(self._wake[0], 64):
            if number in SIGNALS:
                self.signals += 1
                self.signal = number
                self.stopping.set()
                self._tell("signal", signal=signal.Signals(number).name, message=self._intent())

    def _intent(self) -> str:
        for grip in self.grips():
            if work := grip.work:
                if _is_whole(grip, work) or self.signals > 1:
                    return f"the running statement of {work.revision} is cancelled"
                return f"{work.revision} cannot be rolled back and is finished first; another signal cancels it"
        return "nothing more is started"

    def _look(self, grip: Grip, work: Work) -> None:
        now = time.monotonic()
        if now < work.next_look and not self.stopping.is_set():
            return
        work.next_look = now + min(0.5, max(self._interval, (now - work.since) / 4))
        session = self._session(grip)
        if session is None:
            return
        if self.stopping.is_set() and (_is_whole(grip, work) or self.signals > 1):
            self._cancel(session, grip, work)
        found = [dict(zip(HOLDER, row, strict=True)) for row in session.rows(_BLOCKERS.format(pid=work.pid))]
        if found:
            work.waited = time.monotonic() - work.since
            if {one["pid"] for one in found} != {one["pid"] for one in work.blockers}:
                self._tell("blocked", revision=work.revision, sql=work.sql, blockers=found)
            work.blockers = found
        held = session.rows(f"SELECT {grip.claim.held}")[0][0]
        if not held:
            grip.broken = grip.broken or lost()
            if work.transactional:
                self._cancel(session, grip, work)

    def _cancel(self, session: Session, grip: Grip, work: Work) -> None:
        ours = f"{grip.claim.taken_by} AND l.pid = {work.pid}" if work.transactional else ""
        session.rows(f"SELECT pg_catalog.pg_cancel_backend({work.pid}) {ours}")

    def _session(self, grip: Grip) -> Session | None:
        """The connection that looks at the database of a grip; one that was lost is made again."""
        name = str(grip.place)
        session = self._sessions.get(name)
        if session is None or session.connection.closed:
            session = self._sessions[name] = connected(self.parameters[grip.place], {}, "alembic-ext deploy watch")
        return session


def _is_whole(grip: Grip, work: Work) -> bool:
    """Whether to cancel a statement takes back all of its revision."""
    return work.transactional and not (grip.step and grip.step.committed)
