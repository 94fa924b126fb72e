"""A throw-away database: where it comes from, its marker, its end.

Its name holds a prefix, the pid and a random part. Its maker holds an advisory lock on that name, in the maintenance
database, from before CREATE DATABASE until after DROP DATABASE; so the next run can tell which databases with the
prefix were left behind by a killed process: those whose lock it gets.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_ext import catalog
from alembic_ext.errors import SandboxUnavailable, ServerUnavailable
from alembic_ext.session import Live, Rows, Session, Settings, open_session
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from alembic_ext.model import Snapshot

log = logging.getLogger(f"alembic.{__name__}")

PREFIX = "alembic_ext_"
MAINTENANCE = "postgres"
SETTINGS = {"client_min_messages": "error", "synchronous_commit": "off", "lock_timeout": "0", "statement_timeout": "0",
            "default_transaction_read_only": "off", "idle_in_transaction_session_timeout": "0"}  # fmt: skip
WAYS = (
    "give the role CREATEDB; "
    'or name a scratch server with context.configure(alembic_ext={"sandbox": "postgresql://…"}); '
    "or install alembic-ext[embedded], which brings a PostgreSQL of its own"
)


class Sandbox:
    """An empty database with the settings of the live session."""

    def __init__(self, session: Session, connect: Callable[[], Session]) -> None:
        self.session, self._connect = session, connect

    def read(self) -> Snapshot:
        return catalog.read(self.session.rows, self.session.version, named=False, beside=self._another)

    @contextmanager
    def _another(self) -> Iterator[Callable[[str], Rows] | None]:
        """What asks a second session, or None where the server has no place for one."""
        import psycopg

        try:
            session = self._connect()
        except psycopg.OperationalError:
            yield None
            return
        with closing(session):
            yield session.rows

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


class Server(NamedTuple):
    """A server on which sandboxes are made.

    ``foreign`` tells that it is another server than the live database's, ``throwaway`` that it ends with this run.
    """

    parameters: Mapping[str, str]
    foreign: bool
    throwaway: bool


@contextmanager
def server(known: Live, asked: str | None, any_major: bool) -> Iterator[Server]:
    """Find the server: the URL that was asked for, else the live one, else the embedded one.

    Raises:
        SandboxUnavailable: none can be had, or its major version is another than the live one's.
    """
    with ExitStack() as stack:
        if asked and asked != "embedded":
            found = Server(parameters(asked), foreign=True, throwaway=False)
        elif not asked and (reason := _refusal(known)) is None:
            found = Server(known.parameters, foreign=False, throwaway=False)
        else:
            found = Server(
                parameters(stack.enter_context(embedded_url(asked, "" if asked else reason or ""))),
                foreign=True,
                throwaway=True,
            )
        if found.foreign and not any_major:
            _same_major(known, found)
        yield found


@contextmanager
def embedded_url(asked: str | None, reason: str) -> Iterator[str]:
    """Start the embedded server; where none can be had the error says why no other was taken."""
    from alembic_ext import embedded

    with ExitStack() as stack:
        try:
            running = stack.enter_context(embedded.server())
        except ServerUnavailable as error:
            problem = "no throw-away database can be made" + (f": {reason}" if reason else "")
            said = "\n".join(filter(None, [error.problem, error.server])) if asked or error.server else ""
            raise SandboxUnavailable(problem, server=said, help=WAYS) from error
        yield running.url


def _refusal(known: Live) -> str | None:
    """Why the live server cannot hold a sandbox, or None."""
    import psycopg

    if known.standby:
        return "the database is on a hot standby, which is read-only"
    try:
        session = open_session(known, SETTINGS, database=MAINTENANCE, role=False)
    except psycopg.Error as error:
        return f"no connection to the database {MAINTENANCE!r}: {str(error).strip().splitlines()[-1]}"
    try:
        (may,) = session.rows(
            "SELECT bool_or(rolcreatedb OR rolsuper) FROM pg_catalog.pg_roles "
            f"WHERE rolname IN ({literal(known.current_user)}, session_user)"
        )
        return None if may[0] else f"the role {known.current_user!r} has no CREATEDB"
    finally:
        session.close()


def _same_major(known: Live, found: Server) -> None:
    session = _on(known, found, {})
    version = session.version
    session.close()
    if version // 10000 != known.major:
        raise SandboxUnavailable(
            f"the sandbox server is PostgreSQL {version // 10000}, the database is PostgreSQL {known.major}: "
            "what one prints, the other may print otherwise",
            help=f"use a server of major version {known.major}, "
            'or accept the risk with alembic_ext={"sandbox_major": "any"}. '
            f"Ways to a sandbox: {WAYS}",
        )


def _on(known: Live, where: Server, settings: Settings) -> Session:
    """A session in the maintenance database of a server for sandboxes."""
    maintenance = where.parameters.get("dbname", MAINTENANCE) if where.foreign else MAINTENANCE
    with lost("the sandbox server does not answer", f"correct the URL. Ways to a sandbox: {WAYS}"):
        return open_session(known, settings, database=maintenance, role=False, parameters=where.parameters)


def parameters(url: str) -> dict[str, str]:
    """Libpq's parameters of a URL, that of SQLAlchemy with a driver in it too.

    Raises:
        SandboxUnavailable: it is none.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    text = url if "://" not in url else "postgresql" + url[url.index("://") :]
    try:
        return {name: str(value) for name, value in conninfo_to_dict(text).items() if value is not None}
    except ProgrammingError as error:
        raise SandboxUnavailable(
            "the URL of the sandbox cannot be understood",
            server=str(error).strip(),
            help=f"correct the URL. Ways to a sandbox: {WAYS}",
        ) from error


def provide_roles(known: Live, where: Server, named: Collection[str], new: Collection[str] = ()) -> None:
    """Have the roles that are named on another server than the live one: made on a throw-away one, else asked for.

    What is ``new`` is made there too, so that what names it can be.

    Raises:
        SandboxUnavailable: roles are missing; all of them are listed.
    """
    if not where.foreign:
        return
    session = _on(known, where, SETTINGS)
    try:
        there = {name for (name,) in session.rows("SELECT rolname::text FROM pg_catalog.pg_roles")}
        missing = sorted(known.roles & set(named) - there)
        if where.throwaway:
            for name in sorted(known.roles.union(new) - there):
                session.run(f"CREATE ROLE {ident(name)} NOLOGIN")
        elif missing:
            raise SandboxUnavailable(
                f"the sandbox server lacks roles that are named in declarations: {', '.join(missing)}",
                help=f"make them there: {' '.join(f'CREATE ROLE {ident(name)};' for name in missing)}",
            )
    finally:
        session.close()


def _provide_user(boss: Session, name: str) -> None:
    """Have the live session's role: what is declared for it by name is then meant for who makes the objects."""
    found = boss.rows(f"SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = {literal(name)}")
    if not found:
        boss.run(f"CREATE ROLE {ident(name)} SUPERUSER NOLOGIN")
    elif not found[0][0]:
        boss.run(f"ALTER ROLE {ident(name)} SUPERUSER")


@contextmanager
def server_session(known: Live, where: Server) -> Iterator[Session]:
    """A session on a server that is thrown away, in none of its sandboxes."""
    session = _on(known, where, SETTINGS)
    try:
        yield session
    finally:
        session.close()


@contextmanager
def sandbox(known: Live, where: Server) -> Iterator[Sandbox]:
    """Make a database on that server, give it, drop it; and drop what killed runs left behind."""
    import psycopg

    role = not where.foreign or where.throwaway
    boss = _on(known, where, SETTINGS)

    def create(name: str) -> None:
        try:
            _create(boss, known, name, where)
        except psycopg.Error as error:
            raise SandboxUnavailable(
                "no throw-away database can be made", server=str(error).strip(), help=WAYS
            ) from error

    try:
        if where.throwaway:
            _provide_user(boss, known.current_user)
        sweep(boss, known.current_user)
        with held(boss, create) as name:

            def connect() -> Session:
                settings = {**known.settings, **SETTINGS, "check_function_bodies": "off"}
                return open_session(known, settings, database=name, role=role, parameters=where.parameters)

            session = connect()
            try:
                with lost("the throw-away database was lost"):
                    yield Sandbox(session, connect)
            finally:
                session.close()
    finally:
        boss.close()


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


@contextmanager
def lost(problem: str, help: str = "nothing was written; run it again") -> Iterator[None]:
    """A server that does not answer, or not any more, is one error; its first words count."""
    import psycopg
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except (psycopg.OperationalError, OperationalError) as error:
        first: BaseException = error
        while isinstance(first.__context__, (psycopg.OperationalError, OperationalError)):
            first = first.__context__
        raise SandboxUnavailable(problem, server=str(first).strip(), help=help) from error


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
