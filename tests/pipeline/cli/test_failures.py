"""Errors become exit codes, and one clear message."""

from __future__ import annotations

import click
import psycopg
import pytest
from alembic.util import CommandError
from psycopg import errors
from sqlalchemy import create_engine
from sqlalchemy.exc import NoSuchModuleError, OperationalError, ProgrammingError

from alembic_ext.commands._common import progress
from alembic_ext.commands._failures import failure
from alembic_ext.drift import Options
from alembic_ext.errors import AlembicExtError, Locked, LockNotObtained, PartlyApplied, SandboxUnavailable, Unreachable
from alembic_ext.project.configured import Common, checked


def caused(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AlembicExtError("no"), 2),
        (SandboxUnavailable("no"), 2),
        (Unreachable("no"), 3),
        (Locked("no"), 4),
        (LockNotObtained("no"), 4),
        (PartlyApplied("no"), 5),
        (CommandError("no"), 2),
        (psycopg.OperationalError("connection refused"), 3),
        (OperationalError("SELECT 1", {}, psycopg.OperationalError("connection refused")), 3),
        (errors.InvalidPassword("no"), 3),
        (errors.InvalidCatalogName("no"), 3),
        (errors.TooManyConnections("no"), 3),
        (errors.CannotConnectNow("starting up"), 3),
        (errors.LockNotAvailable("no"), 4),
        (errors.DeadlockDetected("no"), 4),
        (ProgrammingError("SELECT 1", {}, errors.UndefinedTable("no")), 2),
        (ConnectionRefusedError("no"), 3),
        (FileNotFoundError("no"), 2),
        (RuntimeError("no"), 2),
        (SystemExit(7), 2),
        (caused(AlembicExtError("could not be read"), errors.LockNotAvailable("no")), 4),
        (caused(CommandError("no"), psycopg.OperationalError("gone")), 3),
    ],
)
def test_codes(error: BaseException, code: int) -> None:
    found = failure(error)

    assert found.code == code
    assert found.problem


def test_how_it_was_asked_is_said_without_python() -> None:
    found = failure(click.UsageError("give one"))

    assert (found.problem, found.help, found.code) == ("give one", "", 2)


def test_a_driver_that_is_not_there() -> None:
    assert "postgresql+psycopg://" in failure(ModuleNotFoundError("no", name="psycopg2")).help
    assert "--traceback" in failure(ModuleNotFoundError("no", name="other")).help
    with pytest.raises(NoSuchModuleError) as error:
        create_engine("driver://user:pass@localhost/dbname")  # as `alembic init` writes it
    assert "sqlalchemy.url in alembic.ini" in failure(error.value).help


def test_a_project_without_models() -> None:
    said = "env.py does not provide a MetaData object or sequence of objects to the context."
    assert "check --static" in failure(CommandError(said)).help


def test_no_bar_in_a_log(capfd: pytest.CaptureFixture[str]) -> None:
    with progress("something", 3) as done:
        done()

    assert capfd.readouterr() == ("", "")


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress("[red]something", 3) as done:
        done()

    assert capfd.readouterr().out == ""


def test_what_was_meant_is_named() -> None:
    table = {"dev-url": "embedded", "fail_on": "note", "drift": {"ignroe": []}}
    with pytest.raises(
        AlembicExtError, match=r"no option 'fail_on'.*\n  help: did you mean 'fail-on'\? the options are"
    ):
        checked(table, Common, {"drift"}, "pyproject.toml")
    with pytest.raises(AlembicExtError, match=r"no option 'ignroe'.*\n  help: did you mean 'ignore'\?"):
        checked(table, Options, {"drift"}, "pyproject.toml")
    with pytest.raises(AlembicExtError, match=r"there is no 'grants'\n  help: did you mean 'grant'\?"):
        Options(without=("grants",))
