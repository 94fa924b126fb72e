"""One deployer at a time: two advisory locks for each version table, both of which end with a transaction.

The *first* is held by a transaction that does nothing, on a connection of its own, from before the plan is made until
the end. The *second* is taken by each transaction of a migration, first of all. So two deployers cannot plan at once;
and should the first connection be lost while a transaction of ours still runs, the next deployer gets the first lock
but cannot read the version before that transaction has ended one way or the other.

Why so: a session's lock does not survive pgbouncer's transaction mode, a transaction's does. A lock that is waited for
keeps a snapshot, for which CREATE INDEX CONCURRENTLY waits in turn; one that is tried again and again does not, and
neither does an idle transaction that only holds an advisory lock (measured on PostgreSQL 14, 15 and 18).

Whether the first lock is still held is asked over the connection that is about to commit: `Claim.held` looks into
pg_locks for the process that took it. That is the server's own word, on that very server and database, not the hope
that a socket is still good; a pool that sends the two connections to two servers is found out too.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alembic_ext.errors import AlembicExtError
from alembic_ext.session import Session, connected
from alembic_ext.sqltext import literal

FIRST, SECOND = "alembic-ext deploy", "alembic-ext migration"
TICK = 0.2
"""Seconds between two tries."""


class Busy(AlembicExtError):
    """Another deploy holds the lock, and did not end in time."""


class LockLost(AlembicExtError):
    """The connection that held the lock is gone: nothing more is sent or committed."""


def key(purpose: str, schema: str, table: str) -> int:
    """The key of an advisory lock, 64 bits, from the name of a version table.

    >>> key(FIRST, "public", "alembic_version")
    4006931082962110391
    """
    text = "\n".join((purpose, schema, table)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big", signed=True)


def _row(number: int) -> str:
    """The condition on a row of pg_locks that it is this key in this database."""
    high, low = (number >> 32) & 0xFFFFFFFF, number & 0xFFFFFFFF
    return (
        "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        f"AND l.classid = {high}::oid AND l.objid = {low}::oid "
        "AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    )


def holder(rows: Callable[[str], Any], number: int) -> dict[str, Any] | None:
    """Who holds a key: process, user, application, state, seconds since its transaction began; None if nobody does."""
    found = rows(
        "SELECT l.pid, a.usename::text, a.application_name, a.state, extract(epoch FROM now() - a.xact_start)::float8 "
        f"FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE {_row(number)}"
    )
    names = ("pid", "user", "application", "state", "seconds")
    return dict(zip(names, found[0], strict=True)) if found else None


@dataclass(frozen=True)
class Claim:
    """The locks of one version table, as SQL for the connection that migrates."""

    first: int
    second: int
    pid: int

    @property
    def held(self) -> str:
        """An expression: whether the first lock is still held by the process that took it."""
        return f"EXISTS (SELECT 1 FROM pg_catalog.pg_locks l WHERE l.pid = {self.pid} AND {_row(self.first)})"

    @property
    def take(self) -> str:
        """An expression: whether the second lock is now ours."""
        return f"pg_catalog.pg_try_advisory_xact_lock({self.second})"

    @property
    def taken_by(self) -> str:
        """A condition that has a row for the process which holds the second lock, as ``l.pid``."""
        return f"FROM pg_catalog.pg_locks l WHERE {_row(self.second)}"


class Lock:
    """The first locks of all version tables in one database, in one idle transaction."""

    def __init__(self, parameters: Mapping[str, str], tables: Iterable[tuple[str, str]]) -> None:
        self.parameters = parameters
        self._tables = sorted(set(tables))
        self._session: Session | None = None
        self.pid = 0

    def take(self, until: float, pause: Callable[[float], None], waiting: Callable[[dict[str, Any]], None]) -> None:
        """Take them all, trying again until a moment of ``time.monotonic()``; between two tries nothing is held.

        Raises:
            Busy: somebody else still holds one.
        """
        told: Any = None
        self._session = connected(self.parameters, {}, "alembic-ext deploy lock")
        keys = [key(FIRST, *table) for table in self._tables]
        tries = ", ".join(f"pg_catalog.pg_try_advisory_xact_lock({number})" for number in keys)
        while True:
            self._session.run("BEGIN")
            # Idle is what it is meant to be.
            self._session.rows(
                "SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name IN "
                "('idle_in_transaction_session_timeout', 'transaction_timeout')"
            )
            pid, *got = self._session.rows(f"SELECT pg_catalog.pg_backend_pid(), {tries}")[0]
            if all(got):
                self.pid = pid
                return
            self._session.run("ROLLBACK")
            found = holder(self._session.rows, keys[got.index(False)])
            if found and found["pid"] != told:
                told = found["pid"]
                waiting(found)
            if time.monotonic() >= until:
                raise Busy(
                    "another deploy holds the lock" + (f": process {found['pid']}" if found else ""),
                    help="wait for it, or give --wait more seconds; nothing was changed",
                )
            pause(TICK)

    def claim(self, schema: str, table: str) -> Claim:
        """What the connection that migrates must know of the locks of one version table."""
        return Claim(key(FIRST, schema, table), key(SECOND, schema, table), self.pid)

    def alive(self) -> bool:
        """Whether the connection still answers; it also keeps it awake."""
        try:
            return self._session is not None and bool(self._session.rows("SELECT 1"))
        except Exception:
            return False

    def release(self) -> None:
        """Give the locks back."""
        if self._session is not None:
            self._session.close()


def arming(claim: Claim, settings: Mapping[str, str | None]) -> str:
    """One SELECT that begins a transaction of ours: settings until its end, the second lock, and what is true now.

    Its row is: whether the second lock was obtained, whether the first is still held, the pid. asyncpg takes one
    statement at a time, so it is one. Settings that are None stay as they are.
    """
    given = [
        f"pg_catalog.set_config({literal(name)}, {literal(value)}, true)"
        for name, value in settings.items()
        if value is not None
    ]
    return f"SELECT {', '.join([claim.take, claim.held, 'pg_catalog.pg_backend_pid()', *given])}"
