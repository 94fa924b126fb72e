"""What every test may ask for: a server, databases on it, and Alembic projects.

The server is the embedded one (or that of ``$PG_BIN``), one for each worker of xdist, so that roles and other things of
a whole cluster do not meet. Databases come and go through pytest-postgresql, whose own fixture ``postgresql``, a
connection to a fresh database, is there too.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alembic_ext import embedded
from tests import forked
from tests.databases import Cluster, Janitor
from tests.pgdump import Dump, dump_schema
from tests.project import Project

PURE = Path(__file__).with_name("pure")
LONG = ("test_sample_app.py", "test_coming_from.py", "test_random.py", "test_report.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is alone with it at the end; and keep one part of the tests.

    That is where several servers share them: ``$PART`` is ``0/3``, ``1/3`` or ``2/3``. What needs no server is not
    shared: it is there for another Python.
    """
    items.sort(key=lambda item: item.path.name not in LONG)
    if part := os.environ.get("PART"):
        number, of = map(int, part.split("/"))
        shared = [item for item in items if PURE not in item.path.parents]
        gone = {id(item) for place, item in enumerate(shared) if place % of != number}
        config.hook.pytest_deselected(items=[item for item in items if id(item) in gone])
        items[:] = [item for item in items if id(item) not in gone]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep out what a developer has set for his own servers, and keep away from his caches."""
    for name in os.environ.keys() - {"PG_BIN"}:
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session", autouse=True)
def _forks() -> Iterator[None]:
    """End the processes from which commands are forked."""
    yield
    forked.end()


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The running server."""
    with embedded.server() as started:
        yield started


@pytest.fixture(scope="session")
def server_url(server: embedded.Server) -> str:
    """The superuser's URL of the maintenance database."""
    return server.url


@pytest.fixture(scope="session")
def postgresql_proc(server: embedded.Server) -> Cluster:
    """The server for pytest-postgresql."""
    return Cluster(server)


@pytest.fixture
def new_database(postgresql_proc: Cluster) -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty database and gives its URL; they are dropped at the end."""
    numbers = itertools.count(1)
    with ExitStack() as ending:

        def make() -> str:
            janitor = Janitor(postgresql_proc, f"test_{next(numbers)}")
            ending.enter_context(janitor)
            return janitor.url

        yield make


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URL of an empty database, without a driver: psycopg takes it as it is."""
    return new_database()


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Project]:
    """Give a function that writes an Alembic project for models; see `Project.write`."""
    numbers = itertools.count(1)

    def make(models: str, *, url: str | None = None, **how: str) -> Project:
        url = url or request.getfixturevalue("database")
        return Project.write(tmp_path / f"project_{next(numbers)}", models, url, **how)

    return make


@pytest.fixture(scope="session")
def dump(server: embedded.Server) -> Callable[..., Dump]:
    """Give a function that reads the schema of a database as pg_dump sees it; see `dump_schema`."""
    return lambda url, *options: dump_schema(server.bin, url, *options)
