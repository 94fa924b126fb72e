"""Everything alembic-ext raises on purpose, one family.

AlembicExtError                  (also an alembic.util.CommandError: `alembic` prints it and exits with code 255)
├── DeclarationError             what was declared cannot be understood: bad SQL, two texts for one object, no file
├── CannotCreate                 the server refused a declared object; holds its words
├── CannotPlan                   no order or no way exists: a cycle, an object that must go but is in use
├── NotProved                    a statement of ours failed in the proof: nothing is written
├── SandboxUnavailable           no throw-away database can be had; names the three ways
├── HistoryFailed                a revision, env.py or rows of the project's failed when they were run in a sandbox
├── Refused                      env.py or a revision would have touched what is no sandbox
├── ServerUnavailable            no PostgreSQL binaries were found, or the server did not start
├── Locked                       another session holds a lock we would wait for; names its pid
├── Unreachable                  the database does not answer, or lets nobody in
├── LockNotObtained              somebody else is at work, or holds what is needed; nothing was changed
└── PartlyApplied                some of the work was done and committed, and not all: a human must look

Each has the ``exit_code`` of `alembic-ext`: 2 unless it says another.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar

from alembic.util import CommandError


class AlembicExtError(CommandError):
    """Base of all errors.

    The message has up to three parts: what is wrong with which object (and where it was declared), the server's own
    words, and a next step.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, problem: str, *, where: str = "", server: str = "", help: str = "") -> None:
        self.problem, self.where, self.server, self.help = problem, where, server, help
        lines = [problem if not where else f"{problem} ({where})"]
        lines += [f"  server: {server}"] if server else []
        lines += [f"  help: {help}"] if help else []
        super().__init__("\n".join(lines))


class DeclarationError(AlembicExtError):
    """What was declared cannot be understood."""


class CannotCreate(AlembicExtError):
    """The server refused a declared object."""


class CannotPlan(AlembicExtError):
    """No order of statements, or no way at all, leads from what is there to what is declared."""


class NotProved(AlembicExtError):
    """A statement that would have been written failed when it was tried."""


class SandboxUnavailable(AlembicExtError):
    """No throw-away database can be had."""


class HistoryFailed(AlembicExtError):
    """Code of the project failed when it was run in a sandbox."""


class Refused(AlembicExtError):
    """Code of the project would have touched what is no sandbox; it was stopped before that."""


class ServerUnavailable(AlembicExtError):
    """No PostgreSQL server could be found or started."""


class Locked(AlembicExtError):
    """Another session holds a lock on something that has to be read."""

    exit_code = 4


class Unreachable(AlembicExtError):
    """The database does not answer, or lets nobody in."""

    exit_code = 3


class LockNotObtained(AlembicExtError):
    """Somebody else is at work, or holds what is needed; nothing was changed, and another try may succeed."""

    exit_code = 4


class PartlyApplied(AlembicExtError):
    """Some of the work was done and committed, and not all."""

    exit_code = 5


NO_MODELS = "does not provide a MetaData object"
"""How Alembic says that env.py names no models."""
_ALEMBIC = {
    "Target database is not up to date": (
        "upgrade it first: alembic upgrade heads; or compare the models with the revisions: alembic-ext check "
        "--from-migrations"
    ),
    NO_MODELS: (
        "set target_metadata = Base.metadata in env.py, with Base imported from your models; or look at the revisions "
        "alone: alembic-ext check --static"
    ),
    "Can't locate revision": "alembic history lists the revisions of this checkout",
    "No 'script_location'": "run it where alembic.ini is, or name the file with -c",
}


def missing(error: BaseException) -> str:
    """What helps with some errors that are not ours, of Alembic, SQLAlchemy and Python; empty for others."""
    if isinstance(error, CommandError):
        return next((help for words, help in _ALEMBIC.items() if words in str(error)), "")
    if help := for_unset(in_python(error), ""):
        return help
    if isinstance(error, ModuleNotFoundError) and error.name == "psycopg2":
        return "write postgresql+psycopg:// (psycopg 3 is installed with alembic-ext), or install psycopg2"
    if type(error).__name__ == "NoSuchModuleError":
        return "name the database where env.py finds it, often sqlalchemy.url in alembic.ini: postgresql+psycopg://…"
    return ""


def meant(word: str, known: Iterable[str], else_: str) -> str:
    """What helps where there is no ``word``: the one of the ``known`` that is spelled alike, then the usual words.

    >>> meant("lock-timout", ["lock-timeout", "wait"], "the options are lock-timeout, wait")
    "did you mean 'lock-timeout'? the options are lock-timeout, wait"
    """
    alike = get_close_matches(word, [one for one in known if one != word], 1)
    return f"did you mean {alike[0]!r}? {else_}" if alike else else_


def in_python(error: BaseException) -> str:
    """What an error of Python's says, with its type; where code read an environment variable that is not set, that."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if isinstance(error, KeyError) and trace and isinstance(trace.tb_frame.f_locals.get("self"), type(os.environ)):
        return f"the environment variable {error.args[0]} is not set"
    return ": ".join(filter(None, [type(error).__name__, str(error).strip()]))


def plainly(error: BaseException) -> str:
    """What an error says of itself; of a KeyError, which says a name alone, more than that."""
    return in_python(error) if isinstance(error, KeyError) else str(error).strip()


_UNSET = re.compile(r"the environment variable (\S+) is not set")


def for_unset(words: str, else_: str) -> str:
    """What helps where an error's ``words`` say that an environment variable is not set; else the other words.

    >>> for_unset("the environment variable FILES_PASSWORD is not set", "correct it")
    'set FILES_PASSWORD; for a throw-away database any valid value will do'
    """
    found = _UNSET.search(words)
    return f"set {found[1]}; for a throw-away database any valid value will do" if found else else_


def in_words(error: BaseException | str, *parts: str) -> str:
    """What an error says, in one line: the server's message with these ``parts`` (``detail``, ``hint``), or Python's.

    ``error`` is a driver's, SQLAlchemy's around it, or any other.
    """
    diagnostic = getattr(getattr(error, "orig", None) or error, "diag", None)
    if message := getattr(diagnostic, "message_primary", None):
        return " — ".join(filter(None, [message, *(getattr(diagnostic, f"message_{part}") for part in parts)]))
    said = plainly(error) if isinstance(error, BaseException) else error
    return next(iter(said.splitlines()), repr(error))
