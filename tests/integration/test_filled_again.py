"""What is made again holds data again, also what nobody declared."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import View, register
metadata = sa.MetaData()
a = sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
register(metadata, View("v", sa.select(a.c.id, a.c.n)))
"""


def test_a_materialized_view_that_nobody_declared(project: Callable[..., Project]) -> None:
    shop = project(MODELS)
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        connection.execute("INSERT INTO a VALUES (1, 2)")
        connection.execute("CREATE MATERIALIZED VIEW by_hand AS SELECT n FROM v")
        connection.execute("CREATE MATERIALIZED VIEW empty AS SELECT n FROM by_hand WITH NO DATA")
    shop.declare(MODELS.replace('"n", sa.Integer', '"n", sa.BigInteger'))
    script = shop.revise()
    assert script.count("WITH NO DATA") == 2
    for words in (("upgrade", "head"), ("downgrade", "-1")):
        shop.alembic(*words)
        with psycopg.connect(shop.url) as connection:
            assert connection.execute("SELECT n FROM by_hand").fetchall() == [(2,)]
            assert connection.execute("SELECT relispopulated FROM pg_class WHERE relname = 'empty'").fetchone() == (
                False,
            )
