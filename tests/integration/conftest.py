"""What the tests of this folder share: psql, connections for looking, and the part of a script that a driver decides."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from alembic_ext import embedded


@pytest.fixture(scope="session")
def psql(server: embedded.Server) -> Callable[[str, str], str]:
    """Give a function that sends a script to a database through psql, as a deployer does, and stops at an error."""

    def send(url: str, script: str) -> str:
        words = [server.bin / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", url]
        environment = embedded.environment(server.bin)
        done = subprocess.run(words, input=script.encode(), env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return send


@pytest.fixture
def connect() -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Give a function that connects, in autocommit unless told otherwise; the connections end with the test."""
    with ExitStack() as ending:

        def make(url: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
            made = psycopg.connect(url, autocommit=autocommit)
            ending.callback(made.close)
            return made

        yield make
