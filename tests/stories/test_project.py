"""The fixtures themselves: a project that Alembic alone can work on, and the witness."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.pgdump import Dump
from tests.project import Project

MODELS = """\
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""


@pytest.mark.parametrize(
    ("template", "driver"), [("generic", "psycopg"), ("generic", "psycopg2"), ("async", "asyncpg")]
)
def test_the_life_of_a_project(
    project: Callable[..., Project],
    new_database: Callable[[], str],
    dump: Callable[..., Dump],
    template: str,
    driver: str,
) -> None:
    shop = project(MODELS, template=template, driver=driver, configure="compare_type=False")
    text = shop.revise()
    assert "op.create_table('account'" in text
    shop.alembic("upgrade", "head", bare=True)
    assert "No new upgrade operations" in shop.alembic("check").text
    direct = new_database()
    with psycopg.connect(direct) as connection:
        connection.execute("CREATE TABLE account (id serial PRIMARY KEY)")
    assert dump(shop.url) == dump(direct)

    shop.declare(MODELS.replace('"account"', '"person"'))
    assert shop.alembic("check", code=None).code != 0
    shop.revise()
    first, second = shop.revisions()
    assert first.read_text() == text
    assert "op.drop_table('account')" in second.read_text()
