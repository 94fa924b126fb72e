"""A run that found nothing to do is known again; whatever is not the same any more is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import Function, View, register
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True))
register(metadata, View("a", "SELECT id FROM account"))
"""
QUIET = "No new upgrade operations detected."
LEFT = "] left alone beside the declarations: 1 function ("


@pytest.fixture
def shop(project: Callable[..., Project]) -> Project:
    """A project whose database is as declared, but for a function, and which has found that out."""
    made = project(MODELS)
    made.revise()
    made.alembic("upgrade", "head")
    execute(made, "CREATE FUNCTION f() RETURNS integer LANGUAGE sql RETURN 1")
    assert QUIET in made.alembic("check").text
    return made


def execute(shop: Project, sql: str) -> None:
    with psycopg.connect(shop.url) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


def remembered(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "alembic-ext").glob("unchanged-*.json"))


def test_nothing_new_is_known_again_and_says_the_same(shop: Project, tmp_path: Path) -> None:
    (file,) = remembered(tmp_path)
    known = json.loads(file.read_text())
    file.write_text(json.dumps({**known, "remarks": ["what was remembered"]}))

    assert "what was remembered" in shop.alembic("check").text

    file.write_text(json.dumps(known))
    said = shop.alembic("check").text

    assert LEFT in said
    assert QUIET in said


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE OR REPLACE VIEW a AS SELECT id FROM account WHERE id > 0",
        "DROP VIEW a",
        "ALTER VIEW a SET (security_barrier)",
    ],
)
def test_what_is_done_by_hand_is_seen(shop: Project, sql: str) -> None:
    execute(shop, sql)

    assert QUIET not in shop.alembic("check", code=255).text


@pytest.mark.parametrize(
    "models",
    [
        MODELS.replace("SELECT id", "SELECT id + 1 AS id"),
        MODELS + 'register(metadata, View("b", "SELECT 1 AS x"))',
        MODELS.replace("register(", "print("),
        MODELS + "register(metadata, \"COMMENT ON VIEW a IS 'said'\")",
        MODELS + 'sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True))',
    ],
    ids=["changed", "new", "gone", "comment", "table"],
)
def test_what_is_declared_otherwise_is_seen(shop: Project, models: str) -> None:
    shop.declare(models)

    assert QUIET not in shop.alembic("check", code=255).text


def test_an_option_is_seen(shop: Project) -> None:
    shop.edit(shop.env, "context.configure(", 'context.configure(alembic_ext={"manage": ["function"]}, ')

    assert "f()" in shop.alembic("check", code=255).text


def test_a_hook_is_asked_each_time(shop: Project) -> None:
    shop.edit(
        shop.env,
        "context.configure(",
        "context.configure(include_object=lambda *asked: bool(print('asked', asked[1])) + 1, ",
    )

    assert "asked a" in shop.alembic("check").text
    assert "asked a" in shop.alembic("check").text


def test_the_schemas_that_are_looked_at_are_part_of_it(shop: Project, tmp_path: Path) -> None:
    execute(shop, "CREATE SCHEMA other; CREATE FUNCTION other.g() RETURNS integer LANGUAGE sql RETURN 1")
    assert LEFT in shop.alembic("check").text
    shop.edit(shop.env, "context.configure(", "context.configure(include_schemas=True, ")

    assert "left alone beside the declarations: 2 functions (" in shop.alembic("check").text

    for file in remembered(tmp_path):
        file.write_text(json.dumps({**json.loads(file.read_text()), "remarks": ["what was remembered"]}))

    assert "what was remembered" in shop.alembic("check").text
