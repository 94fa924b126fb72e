"""Secrets of foreign data: no script, log, error or file of ours holds one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_ext import ForeignTable, Secret, Server, UserMapping, create_all, register
from alembic_ext.declare import collect
from alembic_ext.errors import DeclarationError
from tests.life import Life, engine, execute

VALUE = "hunter2"
THERE = f"""
    CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER s TYPE 'a' FOREIGN DATA WRAPPER w OPTIONS (host 'a', "API_Token" '{VALUE}');
    CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS ("user" 'a', password '{VALUE}');
    CREATE FOREIGN TABLE far (a integer) SERVER s OPTIONS (secret_name '{VALUE}');
"""
SERVER = Server("s", wrapper="w", type="b", options={"host": "b", "API_Token": Secret("S_TOKEN")})


@pytest.fixture
def life(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Life(tmp_path / "work", new_database())


def test_a_secret_that_is_there_is_told_by_its_presence(
    life: Life, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    execute(life.url, THERE)
    life.declare(sa.MetaData(), SERVER)
    written = life.revise("one")
    files = [path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()]

    assert VALUE not in "".join([written, caplog.text, *files])
    assert 'os.environ["S_TOKEN"]' in written
    assert 'os.environ["S_PUBLIC_PASSWORD"]' in written  # undeclared: it is made again with the server
    assert 'os.environ["FAR_SECRET_NAME"]' in written
    for name in ("S_TOKEN", "S_PUBLIC_PASSWORD", "FAR_SECRET_NAME"):
        monkeypatch.setenv(name, f"it's a \\: {name}")
    life.upgrade()
    life.check()

    assert execute(life.url, "SELECT umoptions FROM pg_user_mappings") == [
        (["password=it's a \\: S_PUBLIC_PASSWORD", "user=a"],)
    ]


def test_a_variable_that_is_not_set_is_told_by_its_name(life: Life) -> None:
    execute(life.url, THERE)
    mapping = UserMapping("postgres", server="s", options={"password": Secret("NOT_SET_ANYWHERE")})
    life.declare(sa.MetaData(), mapping)
    life.revise("one")

    assert "NOT_SET_ANYWHERE" not in os.environ
    with pytest.raises(AssertionError, match="KeyError: 'NOT_SET_ANYWHERE'"):
        life.upgrade()
    assert execute(life.url, "SELECT count(*) FROM pg_user_mappings") == [(1,)]


@pytest.mark.parametrize(
    "text",
    [
        f"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password '{VALUE}')",
        f"CREATE USER MAPPING FOR alice SERVER s OPTIONS (\"sslPassword\" '{VALUE}')",
        f"ALTER SERVER s OPTIONS (SET api_key '{VALUE}')",
        f"ALTER FOREIGN TABLE t OPTIONS (ADD token '{VALUE}')",
    ],
)
def test_a_secret_that_is_written_out_is_refused(text: str) -> None:
    metadata = sa.MetaData()
    register(metadata, text)
    with pytest.raises(DeclarationError, match="is written out") as caught:
        collect(metadata)

    assert VALUE not in str(caught.value)


def test_what_is_no_secret_cannot_be_declared_as_one() -> None:
    metadata = sa.MetaData()
    register(metadata, Server("s", wrapper="w", options={"host": Secret("HOST")}))
    with pytest.raises(DeclarationError, match="'host' is not taken for a secret"):
        collect(metadata)


def test_a_mapping_names_its_role() -> None:
    metadata = sa.MetaData()
    register(metadata, "CREATE USER MAPPING FOR CURRENT_USER SERVER s")
    with pytest.raises(DeclarationError, match="name the role"):
        collect(metadata)


def test_create_all_reads_the_environment(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S_TOKEN", "it's")
    metadata = sa.MetaData()
    register(metadata, "CREATE FOREIGN DATA WRAPPER w", SERVER)
    with engine(database).begin() as connection:
        create_all(metadata, connection)

    assert execute(database, "SELECT srvoptions FROM pg_foreign_server") == [(["host=b", "API_Token=it's"],)]


def test_a_foreign_table_may_stand_in_the_models(life: Life) -> None:
    metadata = sa.MetaData()
    sa.Table("far", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
    items = ("CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w")
    life.declare(metadata, *items, ForeignTable("far", columns={"a": "integer", "b": "integer"}, server="s"))

    assert "create_table" not in life.revise("one")
    life.upgrade()
    life.check()


def test_a_publication_that_nobody_declared_loses_a_table_that_goes(life: Life) -> None:
    execute(life.url, "CREATE TABLE a (id integer); CREATE TABLE b (id integer); CREATE PUBLICATION p FOR TABLE a, b")
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("id", sa.Integer))
    life.declare(metadata, "CREATE VIEW v AS SELECT id FROM a")

    assert "publication" not in life.revise("one").lower()
    life.upgrade()
    assert execute(life.url, "SELECT tablename FROM pg_publication_tables") == [("a",)]
