"""On which server sandboxes are made: the one that was asked for, else the live one, else the embedded one."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from typing import NamedTuple

from alembic_ext.errors import SandboxUnavailable, ServerUnavailable
from alembic_ext.session import Live, Session, Settings, open_session
from alembic_ext.sqltext import ident, literal

MAINTENANCE = "postgres"
SETTINGS = {"client_min_messages": "error", "synchronous_commit": "off", "lock_timeout": "0", "statement_timeout": "0",
            "default_transaction_read_only": "off", "idle_in_transaction_session_timeout": "0"}  # fmt: skip
WAYS = (
    "give the role CREATEDB; "
    'or name a scratch server with context.configure(alembic_ext={"sandbox": "postgresql://…"}); '
    "or install alembic-ext[embedded], which brings a PostgreSQL of its own"
)


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
        if words := embedded.said():
            _say(words)
        yield running.url


@cache
def _say(words: str) -> None:
    """Tell somebody at a terminal or in a log, once."""
    print(words, file=sys.stderr)


def parameters(url: str) -> dict[str, str]:
    """Libpq's parameters of a URL, that of SQLAlchemy with a driver in it too.

    Raises:
        SandboxUnavailable: it is none.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    scheme, separator, rest = url.partition("://")
    text = f"postgresql://{rest}" if separator else url
    try:
        if separator and not scheme.startswith("postgres"):
            raise ProgrammingError(f"{scheme}:// is not postgresql://")
        return {name: str(value) for name, value in conninfo_to_dict(text).items() if value is not None}
    except ProgrammingError as error:
        raise SandboxUnavailable(
            "the URL of the sandbox is not valid",
            server=str(error).strip(),
            help=f"correct the URL. Ways to a sandbox: {WAYS}",
        ) from error


def _refusal(known: Live) -> str | None:
    """Why the live server cannot hold a sandbox, or None."""
    import psycopg

    if known.standby:
        return "the database is on a hot standby, which is read-only"
    try:
        session = open_session(known, SETTINGS, database=MAINTENANCE, role=False)
    except psycopg.Error as error:
        return f"no connection to the database {MAINTENANCE!r}: {str(error).strip().splitlines()[-1]}"
    with closing(session):
        (may,) = session.rows(
            "SELECT bool_or(rolcreatedb OR rolsuper) FROM pg_catalog.pg_roles "
            f"WHERE rolname IN ({literal(known.current_user)}, session_user)"
        )
    return None if may[0] else f"the role {known.current_user!r} has no CREATEDB"


def _same_major(known: Live, found: Server) -> None:
    with server_session(known, found, {}) as session:
        major = session.version // 10000
    if major != known.major:
        raise SandboxUnavailable(
            f"the sandbox server is PostgreSQL {major}, the database is PostgreSQL {known.major}: "
            "they may print definitions differently",
            help=f"use a server of major version {known.major}, "
            'or accept the risk with alembic_ext={"sandbox_major": "any"}. '
            f"Ways to a sandbox: {WAYS}",
        )


@contextmanager
def server_session(known: Live, where: Server, settings: Settings = SETTINGS) -> Iterator[Session]:
    """A session in the maintenance database of a server for sandboxes.

    Raises:
        SandboxUnavailable: it does not answer.
    """
    maintenance = where.parameters.get("dbname", MAINTENANCE) if where.foreign else MAINTENANCE
    with lost("cannot connect to the sandbox server", f"correct the URL. Ways to a sandbox: {WAYS}"):
        session = open_session(known, settings, database=maintenance, role=False, parameters=where.parameters)
    with closing(session):
        yield session


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


def provide_roles(known: Live, where: Server, named: Collection[str], new: Collection[str] = ()) -> None:
    """Have the roles that are named on another server than the live one: made on a throw-away one, else asked for.

    What is ``new`` is made there too, so that what names it can be.

    Raises:
        SandboxUnavailable: roles are missing; all of them are listed.
    """
    if not where.foreign:
        return
    with server_session(known, where) as session:
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


def provide_user(boss: Session, name: str) -> None:
    """Have the live session's role: what is declared for it by name is then meant for who makes the objects."""
    found = boss.rows(f"SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = {literal(name)}")
    if not found:
        boss.run(f"CREATE ROLE {ident(name)} SUPERUSER NOLOGIN")
    elif not found[0][0]:
        boss.run(f"ALTER ROLE {ident(name)} SUPERUSER")
