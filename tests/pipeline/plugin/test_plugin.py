"""The pytest plugin, used by a project's own tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import ROOT, Project

REVISION = """
from alembic import op
revision = {id!r}
down_revision = {down!r}
branch_labels = depends_on = None
def upgrade():
    op.execute({up!r})
def downgrade():
    op.execute({back!r})
"""
TESTS = """
import pytest
from sqlalchemy import create_engine, inspect, text

pytest_plugins = ["alembic_ext.pytest_plugin"]
seen = set()

@pytest.mark.parametrize("number", [1, 2])
def test_database(alembic_ext_database, number):
    engine = create_engine(alembic_ext_database)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM one")) == 0
        connection.execute(text("INSERT INTO one VALUES (1)"))
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "one", "two"}
    seen.add(alembic_ext_database.database)
    assert len(seen) == number

def test_runner(alembic_ext_runner):
    alembic_ext_runner.upgrade("one")
    assert {key.name for key in alembic_ext_runner.objects() if key.kind == "table"} == {"alembic_version", "one"}
    with create_engine(alembic_ext_runner.url).begin() as connection:
        connection.execute(text("INSERT INTO one VALUES (1)"))
    alembic_ext_runner.upgrade("two")
    alembic_ext_runner.downgrade("two", "one")

def test_runner_again(alembic_ext_runner):
    assert [one.id for one in alembic_ext_runner.revisions] == ["one", "two"]
    alembic_ext_runner.upgrade()
    with pytest.raises(Exception, match='revision one: the upgrade failed: relation "one" already exists'):
        alembic_ext_runner.upgrade("one")
    alembic_ext_runner.downgrade()
"""


@pytest.fixture
def told(project: Callable[..., Project], server_url: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    made = project("metadata = None", url="postgresql://nobody@127.0.0.1:1/prod")
    versions = made.folder / "migrations" / "versions"
    for id, down in (("one", None), ("two", "one")):
        text = REVISION.format(id=id, down=down, up=f"CREATE TABLE {id} (id int)", back=f"DROP TABLE {id}")
        (versions / f"{id}.py").write_text(text)

    def run(*words: str, faulty: str = "", tests: str = "", url: str = server_url) -> subprocess.CompletedProcess[str]:
        if faulty:
            made.edit(versions / f"{faulty}.py", f"DROP TABLE {faulty}", "SELECT 1")
        if tests:
            (made.folder / "test_it.py").write_text(tests)
        words = ("-p", "no:cacheprovider", "-p", "alembic_ext.pytest_plugin", "-rA", *words)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "--alembic-ext-dev-url", url, *words],
            cwd=made.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_a_test_for_each_revision(told: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = told("--alembic-ext")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^PASSED .*alembic-ext::one$", done.stdout, re.MULTILINE)
    assert "2 passed" in done.stdout

    assert "1 passed, 1 deselected" in told("--alembic-ext", "-k", "two").stdout
    assert "1 passed" in told("--alembic-ext", "--alembic-ext-since", "one").stdout
    assert "no tests ran" in told().stdout

    done = told("--alembic-ext", faulty="one")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "migrations/versions/one.py:8: revision one: the downgrade leaves table public.one" in done.stdout
    assert "+CREATE TABLE public.one (" in done.stdout
    assert "Traceback" not in done.stdout


def test_fixtures(told: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = told(tests=TESTS)

    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


ROLES = """
def test_database(alembic_ext_database): pass
def test_runner(alembic_ext_runner):
    alembic_ext_runner.upgrade()
"""


def test_a_history_that_makes_roles(told: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """All that the plugin has may be asked for in one session."""
    told()
    (one,) = tmp_path.glob("*/migrations/versions/one.py")
    text = one.read_text().replace("CREATE TABLE one (id int)", "CREATE ROLE maker").replace("TABLE one", "ROLE maker")
    one.write_text(text)
    done = told("--alembic-ext", tests=ROLES, url="embedded")

    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_what_is_mistaken_is_said_in_words(told: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = told("--alembic-ext", "--alembic-ext-since", "oen")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert (
        done.stderr
        == "ERROR: --since: there is no revision 'oen'\n  help: did you mean 'one'? alembic history lists them\n\n"
    )
    assert "INTERNALERROR" not in done.stdout

    for url, said in (("postgresql://nobody@127.0.0.1:1/x", "cannot connect to"), ("nonsense", "is not valid")):
        done = told(tests=ROLES, url=url)
        assert "2 errors" in done.stdout
        assert f"the server for sandboxes {said}" in done.stdout or f"{said} the server for sandboxes" in done.stdout
        assert "pytest_plugin.py" not in done.stdout
