"""Roles: only where they are asked for, never tried on the user's server, proved on one that is thrown away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from alembic_ext import Grant, Policy, Role, View, create_all, drop_all, embedded, register
from tests.life import Broken, Life, engine, execute, refusal

ODD = """it's %s "":x WITH b"""
NAMES = ("k_reader", "k_writer", "k_app", ODD, "k_beside")
OWN = {"roles": True}
NOT_PROVED = "    # not proved: a role belongs to the whole server, and is tried only on one that is thrown away\n"
THROWN_AWAY = {"roles": True, "sandbox": "embedded"}
SEEN = (
    """
    SELECT rolname::text, rolcanlogin, rolcreatedb, rolinherit, rolconnlimit, nullif(rolvaliduntil::text, $$infinity$$), ARRAY(SELECT unnest(rolconfig) ORDER BY 1),
           ARRAY(SELECT p.rolname || CASE WHEN m.admin_option THEN '!' ELSE '' END FROM pg_auth_members m
                 JOIN pg_roles p ON p.oid = m.roleid WHERE m.member = r.oid ORDER BY 1)::text[],
           shobj_description(oid, 'pg_authid')
    FROM pg_roles r WHERE rolname = ANY (ARRAY['k_reader', 'k_writer', 'k_app', $odd$"""
    + ODD
    + """$odd$]) ORDER BY 1"""
)


@pytest.fixture
def life(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Life(tmp_path / "work", new_database(), {"alembic_ext": OWN})
    yield made
    for name in reversed(NAMES):
        quoted = '"' + name.replace('"', '""') + '"'
        with psycopg.connect(made.url, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                connection.execute(f"DROP OWNED BY {quoted}".encode())
                connection.execute(f"DROP ROLE {quoted}".encode())


def first() -> list[Any]:
    return [
        Role("k_app", login=True, connection_limit=5, valid_until="2030-01-01 01:00+01", member_of=["k_reader"],
             settings={"search_path": ["a b", "$user", "public"], "statement_timeout": 5000, "jit": False}),
        Role("k_reader", comment="it's %s :x"),
        Role("k_writer", createdb=True),
        Role(ODD, member_of={"k_writer": {"admin": True}}, comment=ODD, settings={"application_name": ODD}),
    ]  # fmt: skip


def second() -> list[Any]:
    return [
        Role("k_app", inherit=False, member_of={"k_reader": {"admin": True}, "k_writer": {}}, settings={"jit": True}),
        Role("k_reader", login=True, comment="another"),
        Role("k_writer", createdb=True),
        Role(ODD, valid_until="2031-01-01", member_of=["k_writer"], settings={"application_name": "x"}),
    ]


@pytest.mark.parametrize("options", [OWN, THROWN_AWAY], ids=["own", "embedded"])
def test_a_life(life: Life, options: dict[str, Any]) -> None:
    life.configure = {"alembic_ext": options}
    life.declare(sa.MetaData(), *first())
    one = life.revise("one")
    life.upgrade()
    life.check()
    before = execute(life.url, SEEN)
    life.declare(sa.MetaData(), *second())
    two = life.revise("two")
    life.upgrade()
    life.check()
    after = execute(life.url, SEEN)
    life.downgrade("-1")
    assert execute(life.url, SEEN) == before
    life.upgrade()
    assert execute(life.url, SEEN) == after
    life.declare(sa.MetaData(), "CREATE VIEW v AS SELECT 1 AS one")
    three = life.revise("three")
    life.upgrade()
    assert execute(life.url, SEEN) == []
    life.downgrade("-1")
    life.downgrade("base")

    assert execute(life.url, SEEN) == []
    marked = options is OWN
    assert ["not proved" in text for text in (one, two, three)] == [marked, marked, marked]
    assert before == [
        (ODD, False, False, True, -1, None, [f"application_name={ODD}"], ["k_writer!"], ODD),
        ("k_app", True, False, True, 5, "2030-01-01 00:00:00+00",
         ["jit=off", 'search_path="a b", "$user", public', "statement_timeout=5000"], ["k_reader"], None),
        ("k_reader", False, False, True, -1, None, [], [], "it's %s :x"),
        ("k_writer", False, True, True, -1, None, [], [], None),
    ]  # fmt: skip
    assert after == [
        (ODD, False, False, True, -1, "2031-01-01 00:00:00+00", ["application_name=x"], ["k_writer"], None),
        ("k_app", False, False, False, -1, None, ["jit=on"], ["k_reader!", "k_writer"], None),
        ("k_reader", True, False, True, -1, None, [], [], "another"),
        ("k_writer", False, True, True, -1, None, [], [], None),
    ]


def test_nothing_is_said_of_roles_to_the_users_server(tmp_path: Path) -> None:
    with embedded.server(settings={"log_statement": "ddl", "lc_messages": "C"}) as server:
        life = Life(tmp_path / "work", server.url, {"alembic_ext": OWN})
        life.declare(sa.MetaData(), *first())
        life.revise("one")
        life.upgrade()
        life.declare(sa.MetaData(), *second())
        since = len(server.log.read_text())
        life.revise("two")
        said = server.log.read_text()[since:]

    assert "CREATE DATABASE" in said

    assert [line for line in said.splitlines() if "k_" in line] == []


def shop() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


def around() -> list[Any]:
    return [
        Role("k_app"),
        View("v", "SELECT id FROM item", grants={"k_app": "select"}, owner="k_app"),
        Grant("select", on="item", to="k_app"),
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO k_app",
    ]


@pytest.mark.parametrize("options", [OWN, THROWN_AWAY], ids=["own", "embedded"])
def test_what_names_a_new_role(life: Life, options: dict[str, Any]) -> None:
    life.configure = {"alembic_ext": options}
    life.declare(shop(), *around(), *[Policy("p", on="item", to=["k_app"])] * (options is THROWN_AWAY))
    one = life.revise("one")
    life.upgrade()
    life.check()
    life.downgrade("base")
    life.upgrade()
    life.declare(shop())
    life.revise("two")
    life.upgrade()
    life.downgrade("-1")

    assert one.index("create role k_app") < one.index("op.create_table")
    assert ("not proved" in one) is (options is OWN)


def test_what_keeps_a_role_is_said(
    life: Life, new_database: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    life.declare(shop(), *around(), Role("k_reader"))
    life.revise("one")
    life.upgrade()
    other = new_database()
    execute(other, "CREATE TABLE t (id integer)", "ALTER TABLE t OWNER TO k_app")
    execute(
        life.url,
        "CREATE TABLE mine (id integer)",
        "ALTER TABLE mine OWNER TO k_app",
        "GRANT SELECT ON mine TO k_reader",
    )
    life.declare(shop())
    life.configure = {**life.configure, "include_object": lambda _, name, *__: name != "mine"}
    two = life.revise("two")
    execute(other, "DROP TABLE t")
    execute(life.url, "DROP TABLE mine")
    said = f"it owns table mine, owns something in database {execute(other, 'SELECT current_database()')[0][0]}"
    life.upgrade()

    assert f"    # drop role k_app\n    # PostgreSQL refuses this as long as {said}\n" in two.replace(NOT_PROVED, "")
    assert "    # PostgreSQL refuses this as long as it was granted something on table mine\n" in two
    assert said in caplog.text


def test_a_policy_for_a_new_role_says_what_to_do(life: Life) -> None:
    life.declare(shop(), Role("k_app"), Policy("p", on="item", to=["k_app"]))
    with pytest.raises(Broken, match=r"role k_app comes with .*\"sandbox\": \"embedded\""):
        life.revise("one")


def test_without_the_option_they_are_nobodys(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    life.declare(sa.MetaData(), Role("k_app"), View("v", "SELECT 1 AS one"))
    life.revise("one")
    life.upgrade()
    for options in ({}, {"manage": "all"}, {"manage": "all", **OWN}):
        life.configure = {"alembic_ext": options}
        if "roles" not in options:
            with pytest.raises(Broken, match=r'alembic_ext=\{"roles": True\}'):
                life.revise("two")
            life.declare(sa.MetaData(), View("v", "SELECT 1 AS one"))
            life.check()
        execute(life.url, "DROP ROLE IF EXISTS k_beside", "CREATE ROLE k_beside")
        life.declare(sa.MetaData(), Role("k_app"), View("v", "SELECT 1 AS one"))
    life.check()
    life.configure = {"alembic_ext": {"manage": ["role"], "roles": True}}
    assert "DROP ROLE k_beside" in life.revise("three")
    life.upgrade()
    life.configure = {"alembic_ext": {"manage": ["role"]}}
    with pytest.raises(Broken, match="needs the option 'roles'"):
        life.check()


def test_create_all_makes_what_is_not_there(life: Life) -> None:
    execute(life.url, "CREATE ROLE k_app")
    metadata = sa.MetaData()
    register(metadata, Role("k_app", member_of=["k_reader"]), Role("k_reader"))
    with engine(life.url).begin() as connection:
        create_all(metadata, connection)
        drop_all(metadata, connection)

    assert [(row[0], row[7]) for row in execute(life.url, SEEN)] == [("k_app", ["k_reader"]), ("k_reader", [])]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CREATE ROLE k_app PASSWORD 'hunter2'", "a password would stand"),
        ("CREATE ROLE k_app IN ROLE k_reader", "memberships too"),
        ("CREATE ROLE k_app; ALTER ROLE k_app IN DATABASE d SET jit TO on", "without IN DATABASE"),
        ("GRANT k_app TO k_reader GRANTED BY k_writer", "without GRANTED BY"),
    ],
)
def test_what_cannot_be_declared(text: str, reason: str) -> None:
    said = refusal(text)

    assert reason in said
    assert "hunter2" not in said


def test_options_of_a_membership(life: Life) -> None:
    if int(execute(life.url, "SHOW server_version_num")[0][0]) < 160000:
        pytest.skip("PostgreSQL 16 is the first that has these")
    seen = "SELECT admin_option, inherit_option, set_option FROM pg_auth_members WHERE member = 'k_app'::regrole"
    life.configure = {"alembic_ext": THROWN_AWAY}
    found = []
    for name, options in {
        "one": {"inherit": False},
        "two": {"admin": True, "set": False},
        "three": {"inherit": True},
    }.items():
        life.declare(sa.MetaData(), Role("k_reader"), Role("k_app", member_of={"k_reader": options}))
        assert "not proved" not in life.revise(name)
        life.upgrade()
        life.check()
        found += execute(life.url, seen)
    for revision in ("two", "one"):
        life.downgrade(revision)
        found += execute(life.url, seen)

    assert found == [
        (False, False, True), (True, False, False), (False, True, True), (True, False, False), (False, False, True)
    ]  # fmt: skip


def test_a_rename_is_left_to_hands(life: Life) -> None:
    life.declare(sa.MetaData(), Role("k_app"))
    life.revise("one")
    life.upgrade()
    life.declare(sa.MetaData(), Role("k_writer", renamed_from="k_app"))
    with pytest.raises(Broken, match="k_writer cannot be renamed: a role belongs to the whole server"):
        life.revise("two")
