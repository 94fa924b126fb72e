"""Behind a real pgbouncer in transaction mode, where sessions are shared and only transactions are one's own.

It is looked for as ``$PGBOUNCER_BIN``, or on the PATH; Debian's package ``pgbouncer`` has it. Without it nothing of this
is run, and the report of pytest says so.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from alembic_ext import embedded
from tests.pipeline.deploy.conftest import PIECES, ROUNDS, WHOLE, Shop

BIN = os.environ.get("PGBOUNCER_BIN") or shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
pytestmark = pytest.mark.skipif(BIN is None, reason="no pgbouncer: not on the PATH, and PGBOUNCER_BIN is not set")

SLOW = WHOLE + 'op.execute("SELECT pg_sleep(0.05)")\n'
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={behind}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 4
unix_socket_dir =
"""


@pytest.fixture(scope="module")
def pooled(own_server: embedded.Server) -> Iterator[Callable[[str], str]]:
    """Give a function that turns the URL of a database into that of the pool before it."""
    assert BIN
    with (
        tempfile.TemporaryDirectory(prefix="pgbouncer-") as place,
        socket.socket() as free,
        tempfile.TemporaryFile() as log,
    ):
        folder = Path(place)
        folder.chmod(0o755)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        (folder / "users").write_text('"postgres" ""\n')
        (folder / "pgbouncer.ini").write_text(CONFIGURATION.format(port=port, behind=own_server.port, folder=folder))
        free.close()
        root = os.geteuid() == 0  # as whom pgbouncer does not run
        process = subprocess.Popen(
            [BIN, str(folder / "pgbouncer.ini")], user=65534 if root else None, stdout=subprocess.DEVNULL,
            stderr=log,
        )  # fmt: skip
        end = time.monotonic() + 20
        while True:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, os.pread(log.fileno(), 9999, 0).decode()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield lambda url: urlsplit(url)._replace(netloc=f"postgres@127.0.0.1:{port}").geturl()
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def origin(shop: Callable[..., Shop], fresh: Callable[..., str], pooled: Callable[[str], str]) -> Callable[..., Shop]:
    """Give a function that makes a project behind the pool; the tests themselves ask the server."""

    def make(*bodies: str, driver: str = "psycopg2") -> Shop:
        url = fresh()
        made = shop(url=url, via=pooled(url), driver=driver)
        made.revision('op.execute("CREATE TABLE ran (number text)")')
        made.deploy()
        for number, body in enumerate(bodies, 1):
            made.revision(body.format(number=f"{number:04d}"))
        return made

    return make


def test_two_at_once_and_nothing_is_left_in_the_pool(origin: Callable[..., Shop], pooled: Callable[[str], str]) -> None:
    """Both end well, every revision ran once; no session of the pool keeps a lock or a setting.

    An application_name stays, of whatever client: pgbouncer lets the next one that has none inherit it.
    """
    made = origin(SLOW, PIECES, SLOW)
    for _ in range(ROUNDS or 2):
        both = [one.ended() for one in [made.start(statement_timeout="55s") for _ in range(2)]]
        assert [one.code for one in both] == [0, 0], [one.text for one in both]
        done = sorted(event["revision"] for one in both for event in one.named("done"))
        assert done == ["0001", "0002", "0003"] == sorted(made.rows("SELECT number FROM ran"))
        assert (
            made.rows(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            == []
        )
        shown = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), pg_sleep(0.05)"
        clients = [psycopg.connect(pooled(made.url), prepare_threshold=None) for _ in range(4)]
        for client in clients:  # each holds a session of the pool until all have one
            row = client.execute(shown).fetchone()
            assert row is not None
            assert row[:2] == ("0", "0")
        for client in clients:
            client.close()
        made.rows(
            "DROP TABLE made0001, made0002, made0003; DELETE FROM ran; UPDATE alembic_version SET version_num = '0000'"
        )


def test_the_lock_is_cut_off(origin: Callable[..., Shop]) -> None:
    """The pool passes it on: nothing more is committed."""
    made = origin('op.execute("CREATE TABLE made{number} (id int)")\nop.execute("SELECT pg_sleep(60)")')
    running = made.start()
    running.until("statement", sql="CREATE TABLE")
    made.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alembic-ext deploy lock' "
        "AND datname = current_database()"
    )
    ended = running.ended()

    assert ended.code == 4, ended.text
    assert "0001 was rolled back" in ended.message
    assert made.version == ["0000"]
    assert made.rows("SELECT to_regclass('made0001')") == [None]


def test_a_signal_cancels_our_statement_and_no_other(origin: Callable[..., Shop], pooled: Callable[[str], str]) -> None:
    made = origin(
        'op.execute("CREATE TABLE made{number} (id int)")\nop.execute("SELECT pg_sleep(60)")', driver="psycopg"
    )
    running = made.start()
    running.until("statement", sql="CREATE TABLE")
    with psycopg.connect(pooled(made.url), autocommit=True, prepare_threshold=None) as stranger:
        running.signal(signal.SIGTERM)
        stranger.execute("SELECT pg_sleep(1)")
    ended = running.ended()

    assert ended.code == 143, ended.text
    assert "0001 was rolled back" in ended.message
    assert made.version == ["0000"]


def test_killed_at_random_moments(origin: Callable[..., Shop]) -> None:
    """What the pool does with the sessions of one that is gone leaves nothing half done."""
    made = origin(SLOW, SLOW)
    for turn in range(ROUNDS or 3):
        rolling = random.Random(turn)
        running = made.start()
        time.sleep(rolling.random() * 0.6)
        running.signal(signal.SIGKILL)
        running.ended()
        version = int(made.version[0])
        assert len(made.rows("SELECT number FROM ran")) == version == made.rows(
            "SELECT count(*) FROM pg_class WHERE relname ~ '^made' AND relkind = 'r'")[0]  # fmt: skip
        assert made.start().ended().code == 0
        assert sorted(made.rows("SELECT number FROM ran")) == ["0001", "0002"]
        made.rows("DROP TABLE made0001, made0002; DELETE FROM ran; UPDATE alembic_version SET version_num = '0000'")
