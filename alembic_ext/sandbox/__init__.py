"""A throw-away database: what it offers, its marker, its end.

Its name holds a prefix, the pid and a random part. Its maker holds an advisory lock on that name, in the maintenance
database, from before CREATE DATABASE until after DROP DATABASE; so the next run can tell which databases with the
prefix were left behind by a killed process: those whose lock it gets.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from alembic_ext import catalog
from alembic_ext.errors import SandboxUnavailable
from alembic_ext.sandbox.server import SETTINGS, WAYS, Server, lost, provide_user, server_session
from alembic_ext.session import PRINTING, Live, Session, open_session, spare, tell
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from alembic_ext.model import Snapshot

log = logging.getLogger(f"alembic.{__name__}")

PREFIX = "alembic_ext_"


class Sandbox:
    """An empty database with the settings of the live session."""

    def __init__(self, session: Session, connect: Callable[[], Session]) -> None:
        self.session, self._connect = session, connect

    def read(self) -> Snapshot:
        query = self.session.rows
        with catalog.settings(query, PRINTING):
            answers = catalog.answered(query, partial(spare, self._reader), self.session.version, named=False)
            return catalog.snapshot(answers.__getitem__, self.session.version, named=False)

    def _reader(self) -> Session:
        session = self._connect()
        tell(session, PRINTING)
        return session

    @cached_property
    def engine(self) -> Engine:
        """An engine whose connections are like the session, for statements that Alembic sends."""
        from sqlalchemy import NullPool, create_engine

        def creator() -> Any:
            connection = self._connect().connection
            connection.autocommit = False
            return connection

        return create_engine("postgresql+psycopg://", creator=creator, poolclass=NullPool)

    def close(self) -> None:
        self.session.close()


@contextmanager
def sandbox(known: Live, where: Server) -> Iterator[Sandbox]:
    """Make a database on that server, give it, drop it; and drop what killed runs left behind."""
    import psycopg

    role = not where.foreign or where.throwaway
    settings = {**known.settings, **SETTINGS, "check_function_bodies": "off"}
    with server_session(known, where) as boss:

        def create(name: str) -> None:
            try:
                _create(boss, known, name, where)
            except psycopg.Error as error:
                raise SandboxUnavailable(
                    "no throw-away database can be made", server=str(error).strip(), help=WAYS
                ) from error

        if where.throwaway:
            provide_user(boss, known.current_user)
        sweep(boss, known.current_user)
        with held(boss, create) as name:

            def connect() -> Session:
                return open_session(known, settings, database=name, role=role, parameters=where.parameters)

            with closing(connect()) as session, lost("the throw-away database was lost"):
                yield Sandbox(session, connect)


held_here: set[str] = set()
"""The names of the databases that this process has made and not dropped yet."""


@contextmanager
def held(boss: Session, create: Callable[[str], None]) -> Iterator[str]:
    """Give the name of a database that ``create`` makes under it, and drop it at the end.

    ``boss``, a session in the maintenance database, holds the lock that says that its maker lives.
    """
    import psycopg

    name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
    boss.rows(f"SELECT pg_advisory_lock({_lock(name)})")
    create(name)
    held_here.add(name)
    try:
        yield name
    finally:
        held_here.discard(name)
        with suppress(psycopg.OperationalError):
            drop(boss, name)
            boss.rows(f"SELECT pg_advisory_unlock({_lock(name)})")


def _create(boss: Session, known: Live, name: str, where: Server) -> None:
    files = " STRATEGY file_copy" if as_files(boss) else ""
    if where.foreign:
        boss.run(f"CREATE DATABASE {ident(name)} TEMPLATE template0 ENCODING 'UTF8'{files}")
        return
    (may,) = boss.rows("SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user")
    if not may[0]:
        boss.run(f"SET ROLE {ident(known.current_user)}")
    boss.run(
        f"CREATE DATABASE {ident(name)} TEMPLATE template0 {known.locale} OWNER {ident(known.current_user)}{files}"
    )


def as_files(boss: Session) -> bool:
    """Whether an empty database is best made as a copy of files.

    That takes two checkpoints, which cost nothing where ``fsync`` is off, as on servers for tests: *measured*, in
    memory, 9 ms of CPU instead of 19 ms through the log. PostgreSQL 14 knows no other way.
    """
    return boss.version >= 150000 and boss.rows("SHOW fsync") == [("off",)]


def drop(boss: Session, name: str) -> None:
    """Drop a database, as its owner where the session user does not inherit the owner's rights."""
    boss.run("RESET ROLE")
    for owner, inherited in boss.rows(
        "SELECT pg_get_userbyid(datdba), pg_has_role(session_user, datdba, 'USAGE') FROM pg_catalog.pg_database "
        f"WHERE datname = {literal(name)}"
    ):
        if inherited:
            boss.run(f"DROP DATABASE IF EXISTS {ident(name)} WITH (FORCE)")
            continue
        boss.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "  # the owner may not
            f"WHERE datname = {literal(name)} AND usename = session_user"
        )
        boss.run(f"SET ROLE {ident(owner)}")
        boss.run(f"DROP DATABASE IF EXISTS {ident(name)}")  # waits for 5 s until nobody is in it
        boss.run("RESET ROLE")


def sweep(boss: Session, owner: str) -> None:
    """Drop databases of our own role whose maker is gone.

    An advisory lock belongs to the database in which it was taken, and a maker's maintenance database may be another
    than ours; ``pg_locks`` shows those of all.
    """
    import psycopg

    rows = boss.rows(
        f"SELECT datname FROM pg_catalog.pg_database WHERE starts_with(datname, {literal(PREFIX)}) "
        f"AND pg_get_userbyid(datdba) IN (session_user, {literal(owner)}) "
        "AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
        " AND (classid::bigint << 32) | objid::bigint = hashtextextended(datname, 0)) ORDER BY datname"
    )
    for (name,) in rows:
        if boss.rows(f"SELECT pg_try_advisory_lock({_lock(name)})")[0][0]:
            log.info("dropping %s, which an interrupted run left behind", name)
            with suppress(psycopg.Error):  # another run was faster
                drop(boss, name)
            boss.rows(f"SELECT pg_advisory_unlock({_lock(name)})")


def _lock(name: str) -> str:
    return f"hashtextextended({literal(name)}, 0)"
