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
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from pytest_postgresql.executors import NoopExecutor
from pytest_postgresql.janitor import DatabaseJanitor

from alembic_ext import embedded
from tests.pgdump import Dump, dump_schema
from tests.project import Project


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one part of the tests where several servers share them: ``$PART`` is ``0/3``, ``1/3`` or ``2/3``."""
    if part := os.environ.get("PART"):
        number, of = map(int, part.split("/"))
        config.hook.pytest_deselected(items=[item for place, item in enumerate(items) if place % of != number])
        items[:] = items[number::of]


class Cluster(NoopExecutor):
    """The server as pytest-postgresql wants it, with the empty template that every server has."""

    template_dbname = "template0"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep out what a developer has set for his own servers, and keep away from his caches."""
    for name in os.environ.keys() - {"PG_BIN"}:
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


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
    return Cluster(host=server.host, port=server.port, user="postgres", options="", dbname="tests")


@pytest.fixture
def new_database(postgresql_proc: Cluster, server_url: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty database and gives its URL; they are dropped at the end."""
    numbers = itertools.count(1)
    where = {"host": postgresql_proc.host, "port": postgresql_proc.port, "user": "postgres"}
    with ExitStack() as ending:

        def make() -> str:
            name = f"test_{next(numbers)}"
            ending.enter_context(DatabaseJanitor(dbname=name, template_dbname="template0", **where))
            url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
            ending.callback(_without_subscriptions, url)
            return url

        yield make


def _without_subscriptions(url: str) -> None:
    """A database that has one cannot be dropped."""
    here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute(f"SELECT subname FROM pg_subscription WHERE subdbid = {here}").fetchall():
            for words in ("ALTER SUBSCRIPTION {} DISABLE", "ALTER SUBSCRIPTION {} SET (slot_name = NONE)",
                          "DROP SUBSCRIPTION {}"):  # fmt: skip
                connection.execute(SQL(words).format(Identifier(name)))


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
