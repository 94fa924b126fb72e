"""What a statement means depends on what is there when it runs: operators and casts come before those who use them."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.contract.test_direct import MEANINGS
from tests.project import Project

MODELS = f'''\
import sqlalchemy as sa
from alembic_ext import register
metadata = sa.MetaData()
register(metadata, """{MEANINGS}""")
'''
OVER_A_ROW = """
    CREATE VIEW w AS SELECT ROW(1)::v::text AS t;
    CREATE CAST (v AS text) WITH FUNCTION f(v);
    CREATE FUNCTION f(one v) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'it is ' || (one).a;
    CREATE VIEW v AS SELECT 1 AS a;
"""


def test_operators_and_casts_hide_those_of_postgresql(project: Callable[..., Project]) -> None:
    shop = project(MODELS)
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT b, i FROM v").fetchall() == [("1.2", True)]
    shop.alembic("check")
    shop.alembic("downgrade", "base")


@pytest.mark.parametrize("name", ["w", "u"])  # before and after the view that the cast is for, by name
def test_a_cast_for_the_rows_of_a_view_comes_before_other_views(project: Callable[..., Project], name: str) -> None:
    shop = project(MODELS.replace(MEANINGS, OVER_A_ROW.replace("VIEW w", f"VIEW {name}")))
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute(f"SELECT t FROM {name}").fetchall() == [("it is 1",)]
    shop.alembic("downgrade", "base")
