"""The connection to production: each statement is a transaction of its own, read-only and bounded.

What a statement needs is set for its transaction alone, in the same round trip. So no lock and no snapshot outlives it,
and nothing of ours stays behind in a session that a pooler gives to others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg  # noqa: TID253  (nothing imports this module before it is needed)

from alembic_ext.errors import AlembicExtError, Locked, Unreachable
from alembic_ext.session import PRINTING, Rows
from alembic_ext.sqltext import literal

SETTINGS: Mapping[str, str] = {
    "transaction_read_only": "on", **PRINTING,
    "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "extra_float_digits": "1",
    "bytea_output": "hex", "quote_all_identifiers": "off", "xmlbinary": "base64", "lc_monetary": "C",
    "lc_numeric": "C", "lc_time": "C", "array_nulls": "on", "standard_conforming_strings": "on",
    "default_table_access_method": "heap", "client_min_messages": "error",
}  # fmt: skip
"""What reading and printing depend on: the same on both sides, whoever reads."""

LOCK_TIMEOUT, STATEMENT_TIMEOUT = "200ms", "30s"
TRIES = 12

TIMED_OUT, CANCELLED, NO_MEMORY = "55P03", "57014", "53200"
GONE = ("XX000", "42P01", "42704", "42883", "42703", "3F000", "22023", "40001")
"""What the server says of an object that it was about to print, and that somebody has dropped."""


class NoRoom(AlembicExtError):
    """There are more locks than the server has room for; fewer at once may do."""

    exit_code = 4


class Production:
    """A connection that only reads; ``statements`` counts what was sent."""

    def __init__(
        self, connection: psycopg.Connection[Any], timeout: str, settings: Mapping[str, str], command: str
    ) -> None:
        self._connection, self.statements = connection, 0
        self.version = connection.info.server_version
        wanted = {
            **settings,
            "lock_timeout": LOCK_TIMEOUT,
            "statement_timeout": timeout,
            "application_name": f"alembic-ext {command}",
        }
        pairs = ", ".join(f"set_config({literal(name)}, {literal(value)}, true)" for name, value in wanted.items())
        self._settings = f"SELECT {pairs};\n"

    def rows(self, sql: str) -> Rows:
        """The rows of one SELECT.

        Raises:
            AlembicExtError: the server refuses it.
        """
        try:
            return self._sent(sql)
        except psycopg.Error as error:
            raise self.failure(error) from error

    def _sent(self, sql: str) -> Rows:
        self.statements += 1
        cursor = self._connection.execute((self._settings + sql).encode())
        cursor.nextset()
        return cursor.fetchall()

    def patient(self, make: Callable[[], str], blocked: Callable[[], None]) -> Rows:
        """The rows of one SELECT, asked for again where something was dropped, or is locked, meanwhile.

        ``make`` gives the text, each time anew; ``blocked`` is called when a lock was not obtained.

        Raises:
            NoRoom: the lock table has no room for what the statement prints.
            Locked: the lock is not obtained, whatever is left out.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return self._sent(make())
            except psycopg.Error as error:
                if error.sqlstate == NO_MEMORY:
                    raise NoRoom(
                        "the server's lock table is full", server=str(error).strip(), help="try later"
                    ) from error
                if attempt == TRIES or error.sqlstate not in (TIMED_OUT, *GONE):
                    raise self.failure(error) from error
                if error.sqlstate == TIMED_OUT:
                    blocked()
                time.sleep(0.005 * attempt)
        raise AssertionError  # the last attempt returns or raises

    def failure(self, error: psycopg.Error) -> AlembicExtError:
        """The server's error as one of ours."""
        words = str(error).strip()
        if error.sqlstate == TIMED_OUT:
            return Locked("another session holds a lock that is needed", server=words, help="try again")
        if error.sqlstate == CANCELLED:
            return AlembicExtError(
                "a statement took too long", server=words, help="raise statement-timeout, or try again"
            )
        if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
            return Unreachable("the connection was lost", server=words, help="try again")
        return AlembicExtError(f"production refuses a statement ({error.sqlstate})", server=words)


@contextmanager
def connected(
    parameters: Mapping[str, Any], timeout: str = STATEMENT_TIMEOUT, settings: Mapping[str, str] = SETTINGS,
    command: str = "drift",
) -> Iterator[Production]:  # fmt: skip
    """Connect with libpq's parameters; ``command`` is ours that does.

    Raises:
        Unreachable: the database does not answer, or lets nobody in.
    """
    asked: dict[str, Any] = {"connect_timeout": "10", "application_name": f"alembic-ext {command}", **parameters}
    try:
        connection: psycopg.Connection[Any] = psycopg.connect(**asked, autocommit=True, prepare_threshold=None)
    except psycopg.OperationalError as error:
        raise Unreachable(
            "cannot connect to the database",
            server=str(error).strip(),
            help="check the URL, the network, and CONNECT of the role",
        ) from error
    connection.add_notice_handler(lambda _: None)
    try:
        yield Production(connection, timeout, settings, command)
    finally:
        connection.close()
