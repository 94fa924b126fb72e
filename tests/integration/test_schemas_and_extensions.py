"""Schemas, extensions and sequences: what nobody declared stays, and what a declaration leaves open is quiet."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa

from alembic_ext import register
from alembic_ext.declare import collect
from alembic_ext.errors import DeclarationError
from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import Extension, Schema, Sequence, register
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("b", sa.Text))
"""


def execute(shop: Project, *statements: str) -> None:
    with psycopg.connect(shop.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_an_extension_whose_schema_and_version_are_left_open_is_quiet(project: Callable[..., Project]) -> None:
    shop = project(MODELS + "register(metadata, Extension('pg_trgm'), Extension('citext'))\n")
    execute(
        shop,
        "CREATE SCHEMA ext",
        "CREATE EXTENSION pg_trgm SCHEMA ext VERSION '1.3'",
        "CREATE EXTENSION citext SCHEMA ext",
        "CREATE TABLE account (id serial PRIMARY KEY, b text)",
        "CREATE TABLE ext.beside (a ext.citext)",
    )

    shop.alembic("check")


def test_another_version_is_an_update_before_all_else(project: Callable[..., Project]) -> None:
    shop = project(MODELS + "register(metadata, Extension('pg_trgm', version='1.3'))\n")
    assert "op.execute(\"CREATE EXTENSION pg_trgm VERSION '1.3'\")" in shop.revise()
    shop.alembic("upgrade", "head")
    view = "'CREATE VIEW v AS SELECT similarity(b, b) FROM account'"
    shop.declare(MODELS + f"register(metadata, Extension('pg_trgm', version='1.4'), {view})\n")
    text = shop.revise()
    up, _, down = text.partition("def downgrade")

    assert up.index("ALTER EXTENSION pg_trgm UPDATE TO '1.4'") < up.index("CREATE VIEW")
    assert 'not proved: extension "pg_trgm" has no update path from version "1.4" to version "1.3"' in down
    shop.alembic("upgrade", "head")
    shop.alembic("check")


def test_a_schema_of_an_extension_whose_types_tables_have_is_set(project: Callable[..., Project]) -> None:
    shop = project(MODELS + "register(metadata, Schema('ext'), Extension('citext', schema='ext'))\n")
    execute(
        shop,
        "CREATE EXTENSION citext",
        "CREATE TABLE account (id serial PRIMARY KEY, b text)",
        "CREATE SCHEMA other",
        "CREATE TABLE other.beside (a citext, CHECK (a <> 'X'))",
        "CREATE VIEW v AS SELECT a FROM other.beside",
    )
    text = shop.revise()
    up, _, down = text.partition("def downgrade")

    assert up.index("CREATE SCHEMA ext") < up.index('op.execute("ALTER EXTENSION citext SET SCHEMA ext")')
    assert down.index('op.execute("ALTER EXTENSION citext SET SCHEMA public")') < down.index("DROP SCHEMA ext")
    assert text.count("op.execute") == 4
    assert "not proved" not in text
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    shop.alembic("downgrade", "base")


def test_what_nobody_declared_stays_whatever_is_managed(project: Callable[..., Project]) -> None:
    shop = project(
        MODELS + "register(metadata, Schema('ours'), Sequence('ticket'))\n", configure='alembic_ext={"manage": "all"}'
    )
    execute(
        shop,
        "CREATE SCHEMA theirs",
        "CREATE EXTENSION citext",
        "CREATE TABLE account (id serial PRIMARY KEY, b text)",
        "CREATE SEQUENCE goes",
    )
    text = shop.revise()
    up, _, _ = text.partition("def downgrade")

    assert "DROP SEQUENCE goes" in up
    assert up.count("DROP") == 1
    shop.alembic("upgrade", "head")
    shop.alembic("check")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE SCHEMA s CREATE TABLE t (a int)", "declare each of them"),
        ("CREATE SCHEMA AUTHORIZATION CURRENT_USER", "name it"),
        ("CREATE EXTENSION IF NOT EXISTS plpgsql", "it is in every database"),
    ],
)
def test_what_cannot_be_declared_is_told(statement: str, words: str) -> None:
    metadata = sa.MetaData()
    register(metadata, statement)

    with pytest.raises(DeclarationError, match=words):
        collect(metadata)


def test_the_owner_of_a_schema_is_one_that_is_altered() -> None:
    metadata = sa.MetaData()
    register(metadata, 'CREATE SCHEMA AUTHORIZATION "o\'ne"; CREATE SCHEMA IF NOT EXISTS two AUTHORIZATION three')

    assert [(item.text, item.aspect) for item in collect(metadata)] == [
        ('CREATE SCHEMA "o\'ne"', ""),
        ('ALTER SCHEMA "o\'ne" OWNER TO "o\'ne"', "owner"),
        ("CREATE SCHEMA IF NOT EXISTS two", ""),
        ("ALTER SCHEMA two OWNER TO three", "owner"),
    ]
