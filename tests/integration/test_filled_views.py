"""Materialized views keep their rows, though none has any in a throw-away database, whose tables are all empty."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import MaterializedView, register
metadata = sa.MetaData()
sa.Table("sale", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
SHARE = 'register(metadata, MaterializedView("share", "SELECT 100 / (SELECT count(*) FROM sale) AS one"))\n'
MORE = """register(metadata, MaterializedView("more", "SELECT one + 1 AS two FROM share", storage={"fillfactor": 70}))
register(metadata, "CREATE UNIQUE INDEX more_two ON more (two); ALTER MATERIALIZED VIEW more ALTER COLUMN two SET STATISTICS 7")
"""


def test_a_query_that_fails_without_rows_is_written(project: Callable[..., Project]) -> None:
    shop = project(MODELS)
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        connection.execute("INSERT INTO sale VALUES (1), (2)")
    shop.declare(MODELS + SHARE)

    text = shop.revise()

    assert text.count("# not proved: its query was not run: division by zero\n") == 1
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT one FROM share").fetchall() == [(50,)]
    shop.alembic("check")
    shop.declare(MODELS + SHARE.replace("AS one", "AS each"))
    text = shop.revise()

    assert text.count("# not proved: its query was not run: division by zero\n") == 2
    shop.alembic("upgrade", "head")
    shop.alembic("downgrade", "-1")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT one FROM share").fetchall() == [(50,)]


def test_so_does_one_that_reads_it(project: Callable[..., Project]) -> None:
    shop = project(MODELS)
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        connection.execute("INSERT INTO sale VALUES (1), (2)")
    shop.declare(MODELS + SHARE)
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(MODELS + SHARE + MORE)

    text = shop.revise()

    assert text.count('# not proved: its query was not run: materialized view "share" has not been populated\n') == 1
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT two FROM more").fetchall() == [(51,)]
    shop.alembic("check")


def test_so_does_one_that_reads_another_server(project: Callable[..., Project]) -> None:
    shop = project(
        MODELS
        + """
register(metadata, "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (port '1')")
register(metadata, "CREATE USER MAPPING FOR PUBLIC SERVER far; CREATE FOREIGN TABLE there (id integer) SERVER far")
register(metadata, MaterializedView("here", "SELECT id FROM there"))
"""
    )

    assert "# not proved: its query was not run: it reads from another server" in shop.revise()


def test_one_that_is_empty_there_too_cannot_be_read(project: Callable[..., Project]) -> None:
    shop = project(MODELS + SHARE.replace('one")', 'one", with_data=False)'))
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(MODELS + SHARE.replace('one")', 'one", with_data=False)') + MORE)

    refused = shop.alembic("revision", "--autogenerate", code=255).text

    assert "the statement that would create materialized view more fails (models.py:6)" in refused
    assert 'server: materialized view "share" has not been populated' in refused
    assert len(shop.revisions()) == 1


EMBEDDED = 'alembic_ext={"sandbox": "embedded"}'
VIEW = MODELS + 'register(metadata, "CREATE VIEW v AS SELECT id FROM sale")\n'


def populated(shop: Project, name: str) -> bool:
    with psycopg.connect(shop.url) as connection:
        (found,) = connection.execute("SELECT relispopulated FROM pg_class WHERE relname = %s", [name]).fetchone() or (
            None,
        )
    return bool(found)


@pytest.mark.parametrize("configure", ["", EMBEDDED], ids=["same", "embedded"])
def test_one_that_nobody_declared_has_its_rows_again(project: Callable[..., Project], configure: str) -> None:
    shop = project(VIEW, configure=configure)
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE MATERIALIZED VIEW by_hand AS SELECT id FROM v")
    shop.declare(VIEW.replace("SELECT id", "SELECT id::bigint"))
    shop.revise()
    for step in (("upgrade", "head"), ("downgrade", "-1"), ("upgrade", "head")):
        shop.alembic(*step)

        assert populated(shop, "by_hand"), step


@pytest.mark.parametrize("configure", ["", EMBEDDED], ids=["same", "embedded"])
def test_one_may_read_another(project: Callable[..., Project], configure: str) -> None:
    first = 'register(metadata, MaterializedView("a", "SELECT id FROM sale"))\n'
    shop = project(MODELS + first, configure=configure)
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(MODELS + first + 'register(metadata, MaterializedView("b", "SELECT id FROM a"))\n')

    assert "# not proved" not in shop.revise()
    shop.alembic("upgrade", "head")
    assert populated(shop, "b")


@pytest.mark.parametrize("configure", ["", EMBEDDED], ids=["same", "embedded"])
def test_one_that_is_renamed_and_changed_has_its_rows_again(project: Callable[..., Project], configure: str) -> None:
    first = 'register(metadata, MaterializedView("a", "SELECT id FROM sale"))\n'
    shop = project(MODELS + first, configure=configure)
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.declare(
        MODELS + first.replace('"a", "SELECT id', '"b", "SELECT id + 1 AS id').replace('"))', '", renamed_from="a"))')
    )
    shop.revise()
    shop.alembic("upgrade", "head")
    assert populated(shop, "b")

    shop.alembic("downgrade", "-1")

    assert populated(shop, "a")
