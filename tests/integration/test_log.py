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
    assert "] Detected need to make view a again\n" in said
    assert "] Detected need to make view by_hand again, which is not declared: " in said


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
    assert "] Detected need to make function good(integer) again\n" in said
    assert "] Detected need to make constraint positive on account again\n" in said
