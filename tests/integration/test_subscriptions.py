"""Subscriptions: never made in a sandbox, never connected, and how they connect is never read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_ext import Secret, Subscription, drop_all, register
from tests.life import Life, engine, execute, refusal

THERE = """
    CREATE SUBSCRIPTION there CONNECTION 'host=nowhere password=hunter2' PUBLICATION p
      WITH (connect = false, slot_name = 'one', synchronous_commit = 'local');
"""
SALES = Subscription(
    "sales", connection=Secret("SALES"), publications=["a", "b"], options={"binary": True}, comment="c"
)


@pytest.fixture
def life(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SALES", "host=nowhere password=hunter2")
    return Life(tmp_path / "work", new_database())


def test_what_is_done_with_it_by_hand_stays(life: Life, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    life.declare(sa.MetaData(), SALES)
    written = life.revise("one")
    life.upgrade()
    life.check()
    execute(life.url, "ALTER SUBSCRIPTION sales SET (slot_name = 'elsewhere')", "ALTER SUBSCRIPTION sales ENABLE")
    life.check()
    found = execute(life.url, "SELECT subconninfo, subenabled, subslotname, subbinary FROM pg_subscription")

    assert 'os.environ["SALES"]' in written
    assert written.count("# not proved: a subscription is never made in a throw-away database") == 3
    assert found == [("host=nowhere password=hunter2", True, "elsewhere", True)]
    life.declare(sa.MetaData(), "CREATE VIEW v AS SELECT 1 AS one")
    gone = life.revise("two")
    assert 'op.execute("DROP SUBSCRIPTION sales")' in gone
    assert 'os.environ["SALES"]' in gone
    assert "hunter2" not in caplog.text + "".join(
        path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()
    )
    life.upgrade()
    life.downgrade("-1")
    assert execute(life.url, "SELECT subenabled, subslotname FROM pg_subscription") == [(False, None)]


def test_one_that_is_there_is_adopted_and_moved(life: Life) -> None:
    execute(life.url, THERE)
    same = "CREATE SUBSCRIPTION there CONNECTION '${env:SALES}' PUBLICATION p WITH (connect = false, %s)"
    life.declare(sa.MetaData(), same % "synchronous_commit = 'LOCAL'")
    life.check()
    life.declare(sa.MetaData(), same % "slot_name = 'two', synchronous_commit = 'local'")
    life.revise("one")
    life.upgrade()
    life.check()

    assert execute(life.url, "SELECT subslotname, subsynccommit FROM pg_subscription") == [("two", "local")]


def test_who_may_not_read_connections_autogenerates_all_the_same(life: Life) -> None:
    execute(life.url, THERE, "DROP ROLE IF EXISTS reads_less", "CREATE ROLE reads_less CREATEDB LOGIN")
    execute(life.url, "GRANT CREATE ON SCHEMA public TO reads_less")
    life.url = life.url.replace("postgres@", "reads_less@")
    life.declare(sa.MetaData(), "CREATE VIEW v AS SELECT 1 AS one")
    written = life.revise("one")
    life.upgrade()

    assert "not proved" not in written
    assert "subscription" not in written


def test_drop_all_drops_it(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(database, THERE)
    metadata = sa.MetaData()
    register(metadata, Subscription("there", connection=Secret("SALES"), publications=["p"]))
    with engine(database).begin() as connection:
        drop_all(metadata, connection)

    assert execute(database, "SELECT count(*) FROM pg_subscription") == [(0,)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p", "would connect"),
        ("CREATE SUBSCRIPTION s CONNECTION 'host=a password=hunter2' PUBLICATION p WITH (connect = off)", "a password"),
        ("CREATE SUBSCRIPTION s CONNECTION 'postgres://a:hunter2@b' PUBLICATION p WITH (connect = 0)", "a password"),
        ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", "it acts on"),
        ("ALTER SUBSCRIPTION s CONNECTION 'password=hunter2'", "it acts on"),
    ],
)
def test_what_cannot_be_declared(text: str, reason: str) -> None:
    said = refusal(text)

    assert reason in said
    assert "hunter2" not in said
