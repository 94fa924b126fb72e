"""What `alembic revision` says while it works, under the alembic.ini that `alembic init` writes."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import View, register
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.CheckConstraint("id > 0", name="positive"))
"""


def test_what_is_found_is_said(project: Callable[..., Project]) -> None:
    shop = project(MODELS + 'register(metadata, View("a", "SELECT id FROM account"), View("b", "SELECT 1 AS x"))')
    said = shop.alembic("revision", "--autogenerate").text
    assert "] Detected added view a\n" in said
    assert said.count("Context impl") == 1
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE VIEW by_hand AS SELECT id FROM a")
    shop.declare(MODELS + 'register(metadata, View("a", "SELECT 0 AS zero, id FROM account"))')
    said = shop.alembic("revision", "--autogenerate").text
    assert "] left alone beside the declarations: 1 view (" in said
    assert "] Detected removed view b\n" in said
    assert "] Detected need to recreate view a\n" in said
    assert "] Detected need to recreate view by_hand, which is not declared: " in said


def test_what_makes_way_for_a_function_is_said(project: Callable[..., Project]) -> None:
    models = MODELS.replace('"id > 0"', '"good(id)"')
    declared = (
        "register(metadata, 'CREATE FUNCTION good({} integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN true')"
    )
    shop = project(models + declared.format("a"))
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(models + declared.format("b"))
    said = shop.alembic("revision", "--autogenerate").text
    assert "] Detected need to recreate function good(integer)\n" in said
    assert "] Detected need to recreate constraint positive on account\n" in said


POLICY = """
from alembic_ext import Policy, Schema
sa.Table("deed", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="app")
register(metadata, Schema("app"), Policy("p", on="account", using="id > 0"){on})
"""


def test_a_policy_without_row_security_says_so(project: Callable[..., Project]) -> None:
    shop = project(MODELS + POLICY.format(on=""))
    remark = "# row security is off: this has no effect before ALTER TABLE account ENABLE ROW LEVEL SECURITY"
    assert f"# create policy p on account\n    {remark}\n" in shop.revise()
    for path in shop.revisions():
        path.unlink()
    shop.declare(MODELS + POLICY.format(on=", 'ALTER TABLE account ENABLE ROW LEVEL SECURITY'"))
    assert "row security is off" not in shop.revise()


def test_a_schema_that_alembic_does_not_look_into_is_named(project: Callable[..., Project]) -> None:
    shop = project(MODELS + POLICY.format(on=""))
    shop.revise()
    shop.alembic("upgrade", "head")
    said = shop.alembic("revision", "--autogenerate").text
    assert "table app.deed exists, and Alembic would create it again" in said
    assert "include_schemas=True" in said


def test_a_schema_that_is_not_there_is_to_be_declared(project: Callable[..., Project]) -> None:
    shop = project(MODELS + 'register(metadata, View("v", "SELECT 1 AS x", schema="app"))')
    assert "help: correct the name, or declare the schema too" in shop.alembic("check", code=255).text
