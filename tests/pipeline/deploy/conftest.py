"""Projects with revisions of a few lines, deployed by real processes, on a server of these tests' own."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest

from alembic_ext import embedded
from tests.integration.shops import databases
from tests.project import ROOT, Project

DRIVER = Path(__file__).with_name("driver.py")
ROUNDS = max(100, int(os.environ["LONG"])) if os.environ.get("LONG") else 0
"""How many rounds the long tests take; 0 are the few of the default."""

HEAD = '''"""{doc}"""
from alembic import op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
{body}


def downgrade():
    pass
'''

WHOLE = """
op.execute("CREATE TABLE made{number} (id int)")
op.execute("INSERT INTO made{number} SELECT generate_series(1, 100)")
op.execute("INSERT INTO ran VALUES ('{number}')")
"""
PIECES = """
op.execute("CREATE TABLE made{number} (id int)")
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY index{number} ON made{number} (id)")
op.execute("INSERT INTO ran VALUES ('{number}')")
"""
"""Bodies of revisions: one that is one transaction, and one that is not."""


@dataclass
class Deployed:
    """A deploy that ended: its exit code, its events, what it said."""

    code: int
    events: list[dict[str, Any]]
    text: str

    def named(self, name: str) -> list[dict[str, Any]]:
        """Give the events of this name."""
        return [event for event in self.events if event["event"] == name]

    @property
    def message(self) -> str:
        """Give the last words."""
        return str(self.events[-1]["message"])


class Fork:
    """A process that another one forked; as `subprocess.Popen`, as far as that is needed here."""

    _idle: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(self, folder: Path, options: dict[str, Any], environment: dict[str, str], output: Path) -> None:
        self.output = output
        self._server = self._idle.pop() if self._idle else self._made()
        asked = {"folder": str(folder), "options": options, "environment": environment, "output": str(output)}
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(asked).encode() + b"\n")
        self.pid = int(self._server.stdout.readline())
        self.returncode: int | None = None

    @staticmethod
    def _made() -> subprocess.Popen[bytes]:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        words = [sys.executable, str(DRIVER)]
        return subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def poll(self) -> int | None:
        """Give the exit code of one that ended."""
        if self.returncode is None and select.select([self._server.stdout], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """Wait for the end."""
        if self.returncode is None:
            assert self._server.stdout
            self.returncode = int(self._server.stdout.readline())
            self._idle.append(self._server)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[bytes, None]:
        """Wait for the end; give what it said."""
        if self.poll() is None and not select.select([self._server.stdout], [], [], timeout)[0]:
            os.kill(self.pid, signal.SIGUSR1)  # it says where its threads are
            time.sleep(1)
            raise AssertionError("it does not end: " + self.output.read_text())
        self.wait()
        return self.output.read_bytes() if self.output.exists() else b"", None  # killed before it said anything

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    @classmethod
    def end(cls) -> None:
        """End those who fork."""
        while cls._idle:
            server = cls._idle.pop()
            server.communicate()


@dataclass
class Running:
    """A deploy that runs."""

    process: Any
    file: Path

    @property
    def events(self) -> list[dict[str, Any]]:
        """Give what it has told so far."""
        text = self.file.read_text() if self.file.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def until(self, name: str, seconds: float = 20, **facts: Any) -> dict[str, Any]:
        """Wait for an event with these facts (a text must occur in what is said)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for event in self.events:
                if event["event"] == name and all(str(value) in str(event.get(key)) for key, value in facts.items()):
                    return event
            assert self.process.poll() is None, self.ended().text
            time.sleep(0.02)
        raise AssertionError(f"no {name} {facts} in {self.events}")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self) -> Deployed:
        """Wait for its end."""
        out, _ = self.process.communicate(timeout=60)
        return Deployed(self.process.returncode, self.events, out.decode())


@dataclass
class Shop:
    """A project, its database, and how to deploy it."""

    project: Project
    url: str
    count: int = 0
    runs: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    table: str = "alembic_version"

    def revision(self, *lines: str, doc: str = "a change") -> Path:
        """Write the next revision, with this body; give its file."""
        number = self.count
        self.count += 1
        path = self.project.folder / "migrations" / "versions" / f"r{number:04d}.py"
        body = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
        down = f"{number - 1:04d}" if number else None
        path.write_text(HEAD.format(doc=doc, revision=f"{number:04d}", down=down, body=body))
        return path

    def start(self, target: str = "head", *, at: int = 0, what: str = "", **options: Any) -> Running:
        """Begin a deploy; ``at`` and ``what`` are the interruption's."""
        self.runs += 1
        file = self.project.folder / f"events{self.runs}.json"
        given = {"events": str(file), "target": target, **self.options, **options}
        more = {"AT": str(at), "WHAT": what, "BOSS": self.url, "COUNT": str(self.project.folder / "count")}
        return Running(Fork(self.project.folder, given, more, file.with_suffix(".txt")), file)

    def deploy(self, target: str = "head", *, code: int | None = 0, **options: Any) -> Deployed:
        """Deploy, and wait for the end."""
        ended = self.start(target, **options).ended()
        assert code in (None, ended.code), ended.text
        return ended

    def rows(self, sql: str) -> list[Any]:
        """Ask the database, over no pool."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return [row[0] if len(row) == 1 else row for row in cursor.fetchall()] if cursor.description else []

    @property
    def version(self) -> list[str]:
        """Give what the version table holds; nothing where there is none."""
        if self.rows(f"SELECT to_regclass('{self.table}')") == [None]:
            return []
        return sorted(self.rows(f"SELECT version_num FROM {self.table}"))

    @property
    def comment(self) -> str | None:
        """Give the comment of the version table."""
        return self.rows(f"SELECT obj_description(to_regclass('{self.table}'), 'pg_class')")[0]


@pytest.fixture(scope="session")
def own_server() -> Iterator[embedded.Server]:
    """A server of these tests' own, whose sessions are ended at will."""
    with embedded.server(tcp=True) as started:
        yield started
    Fork.end()


@pytest.fixture(scope="session")
def fresh(own_server: embedded.Server) -> Callable[..., str]:
    return databases(own_server)


@pytest.fixture
def shop(fresh: Callable[..., str], tmp_path: Path) -> Callable[..., Shop]:
    """Give a function that makes a project on a database of its own."""

    def make(name: str = "shop", **how: Any) -> Shop:
        url = how.pop("url", None) or fresh()
        via = how.pop("via", url)
        models = (
            "metadata = {}"
            if how.get("template") == "multidb"
            else "import sqlalchemy\nmetadata = sqlalchemy.MetaData()"
        )
        project = Project.write(tmp_path / name, models, via, **how)
        return Shop(project, url, options={"lock_timeout": "300ms", "backoff": 0.1, "wait": 20})

    return make


@pytest.fixture
def boss() -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Give a function that connects to a shop's database; the connections end with the test."""
    made: list[psycopg.Connection[Any]] = []

    def connect(shop: Shop, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        made.append(psycopg.connect(shop.url, autocommit=autocommit, application_name="the boss"))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()
