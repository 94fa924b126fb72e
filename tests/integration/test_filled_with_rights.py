"""A materialized view is filled when it is made: what it reads through views needs the rights of their owners."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.project import Project

MODELS = """\
import sqlalchemy as sa
from alembic_ext import register
metadata = sa.MetaData()
sa.Table("sale", metadata, sa.Column("id", sa.Integer))
register(metadata, '''
    CREATE VIEW sold AS SELECT id FROM sale;
    ALTER VIEW sold OWNER TO filler;
    CREATE MATERIALIZED VIEW report AS SELECT id FROM sold;
''')
"""
EMBEDDED = 'alembic_ext={"sandbox": "embedded"}'
NOT_RUN = "# not proved: its query was not run: permission denied for table sale\n"


@pytest.fixture
def url(new_database: Callable[[], str]) -> Iterator[str]:
    """A database with a table, and a role that may own views."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as boss:
        boss.execute("CREATE ROLE filler; CREATE ROLE fillers; GRANT CREATE ON SCHEMA public TO filler")
        boss.execute("CREATE TABLE sale (id integer)")
        try:
            yield url
        finally:
            boss.execute("DROP OWNED BY filler, fillers CASCADE; DROP ROLE filler, fillers")


def granted(url: str, *statements: str) -> None:
    with psycopg.connect(url) as boss:
        for statement in statements:
            boss.execute(statement)


@pytest.mark.parametrize("configure", ["", EMBEDDED], ids=["same", "embedded"])
@pytest.mark.parametrize("right", ["GRANT SELECT ON sale TO filler", "ALTER TABLE sale OWNER TO filler"])
def test_what_nobody_declared_counts(project: Callable[..., Project], url: str, right: str, configure: str) -> None:
    granted(url, right)
    shop = project(MODELS, url=url, configure=configure)

    assert "not proved" not in shop.revise()

    shop.alembic("upgrade", "head")
    shop.alembic("check")


def test_a_right_that_is_nowhere_is_an_error(project: Callable[..., Project], url: str) -> None:
    shop = project(MODELS, url=url)

    refused = shop.alembic("revision", "--autogenerate", code=255).text

    assert "the statement that would create materialized view report fails (models.py:5)" in refused
    assert "server: permission denied for table sale" in refused
    assert shop.revisions() == []


def test_what_comes_with_a_membership_is_not_known_on_another_server(project: Callable[..., Project], url: str) -> None:
    granted(url, "GRANT SELECT ON sale TO fillers", "GRANT fillers TO filler")
    shop = project(MODELS, url=url, configure=EMBEDDED)

    assert shop.revise().count(NOT_RUN) == 1

    shop.alembic("upgrade", "head")
    shop.alembic("check")


def test_what_is_declared_for_another_owner_may_not_do(project: Callable[..., Project], url: str) -> None:
    granted(url, "ALTER TABLE sale OWNER TO filler")
    shop = project(MODELS + 'register(metadata, "GRANT SELECT ON sale TO fillers")\n', url=url)

    assert shop.revise().count(NOT_RUN) == 1

    shop.alembic("upgrade", "head")
    shop.alembic("check")
