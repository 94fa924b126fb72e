"""Errors become one clear message and an exit code."""

from __future__ import annotations

import traceback
from pathlib import Path

import click

from alembic_ext.errors import AlembicExtError, missing
from alembic_ext.findings import Exit, Failure
from alembic_ext.session import sqlstate

_UNREACHABLE = ("08", "28", "3D", "57P", "53300")
"""SQLSTATEs, or how they begin: no connection, not let in, no such database, shutting down, too many."""
_LOCKED = ("55P03", "40P01")
"""lock_timeout, or a deadlock."""
_HELP = {
    "42501": "grant the role what it lacks, or connect as another one: the URL that env.py takes names it",
}
"""What to do, by SQLSTATE."""


def failure(error: BaseException) -> Failure:
    """What is said of an error, whoever raised it."""
    from alembic.util import CommandError

    if isinstance(error, AlembicExtError):
        return Failure(error.problem, error.where, error.server, error.help, _code(error, error.exit_code))
    if isinstance(error, CommandError):
        return Failure(str(error), code=_code(error), help=missing(error))
    if isinstance(error, click.ClickException):
        return Failure(error.format_message())
    if type(error).__module__.partition(".")[0] in ("sqlalchemy", "psycopg", "psycopg2", "asyncpg", "pg8000"):
        return _of_database(error)
    if isinstance(error, (ConnectionError, TimeoutError)):
        return Failure("the database does not answer", _place(error), str(error), code=Exit.UNREACHABLE)
    words = str(error) or "no message"
    said = f"{type(error).__name__}: {words}"
    return Failure(
        f"the project raised {said}" if _place(error) else said,
        _place(error),
        help=missing(error) or "--traceback shows where it came from",
    )


def _of_database(error: BaseException) -> Failure:
    code = _code(error)
    inner = getattr(error, "orig", None) or error
    state = sqlstate(error)
    what = {
        Exit.UNREACHABLE: "cannot connect to the database",
        Exit.LOCKED: "another session holds a lock that is needed",
    }.get(code, f"the database refused a statement ({state})" if state else f"{type(error).__name__}")
    server = str(inner).strip() if state or code == Exit.UNREACHABLE else str(error).strip()
    help = {
        Exit.UNREACHABLE: "check the URL, the network and the role",
        Exit.LOCKED: "try again",
    }.get(code, _HELP.get(str(state), "")) or missing(error)
    return Failure(what, _place(error), server, help, code)


def _code(error: BaseException, default: int = Exit.USAGE) -> Exit:
    """The exit code of an error, or of the database's error behind it."""
    if default != Exit.USAGE:
        return Exit(default)
    link: BaseException | None = error
    while link is not None:
        name, state = type(link).__name__, sqlstate(link)
        if state and str(state).startswith(_LOCKED):
            return Exit.LOCKED
        if (state and str(state).startswith(_UNREACHABLE)) or (
            not state and name in ("OperationalError", "ConnectionTimeout") and not isinstance(link, OSError)
        ):
            return Exit.UNREACHABLE
        if isinstance(link, (ConnectionError, TimeoutError)):
            return Exit.UNREACHABLE
        link = link.__cause__
    return Exit(default)


def _place(error: BaseException) -> str:
    """The last line of the project's own that an error came through, as ``file:line``."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    installed = ("site-packages", "dist-packages", str(Path(__file__).parents[1]), "<")
    library = str(Path(traceback.__file__).parent)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not any(part in frame.filename for part in installed) and not frame.filename.startswith(library):
            return f"{frame.filename}:{frame.lineno}"
    return ""
