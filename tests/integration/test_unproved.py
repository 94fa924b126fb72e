"""What the sandbox's role may not do: it is said in the revision, and the rest is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from tests.project import Project

MODELS = """\
from alembic_ext import register
from sqlalchemy import MetaData
metadata = MetaData()
register(metadata, '''
    CREATE VIEW slow AS SELECT query{slow} FROM pg_stat_statements;
    CREATE VIEW slower AS SELECT * FROM slow;
    CREATE VIEW plain AS SELECT 1 AS one{plain};
    {more}
''')
"""


def models(slow: str = "", plain: str = "", more: str = "") -> str:
    return MODELS.format(slow=slow, plain=plain, more=more)


@pytest.fixture
def shop(new_database: Callable[[], str], project: Callable[..., Project]) -> Iterator[Project]:
    """A project whose role may create databases, and was a superuser when the first revision was written."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as boss:
        boss.execute(
            "CREATE EXTENSION pg_stat_statements; CREATE ROLE shop_app SUPERUSER LOGIN; CREATE ROLE shop_other"
        )
        boss.execute("GRANT ALL ON SCHEMA public TO shop_app")
        made = project(models(), url=make_url(url).set(username="shop_app").render_as_string(hide_password=False))
        try:
            made.revise()
            made.alembic("upgrade", "head")
            boss.execute("ALTER ROLE shop_app NOSUPERUSER CREATEDB")
            yield made
        finally:
            boss.execute("DROP OWNED BY shop_app, shop_other CASCADE; DROP ROLE shop_app, shop_other")


def test_what_needs_an_extension_that_cannot_be_made_is_taken_as_it_was(shop: Project) -> None:
    shop.alembic("check")
    shop.declare(models(plain=", 2 AS two"))
    text = shop.revise()
    assert "# replace view plain" in text
    assert "slow" not in text.partition("def upgrade")[2]
    shop.alembic("upgrade", "head")
    shop.alembic("check")


def test_what_changes_and_cannot_be_tried_says_so(shop: Project) -> None:
    shop.declare(models(slow=", calls"))
    text = shop.revise()
    assert (
        "# replace view slow\n    # not proved: extension pg_stat_statements cannot be in the sandbox: permission"
        in text
    )


def test_an_owner_that_may_not_be_set_says_so(shop: Project) -> None:
    shop.declare(models(more="ALTER VIEW plain OWNER TO shop_other;"))
    text = shop.revise()
    assert "# create owner on view plain\n    # not proved: must be" in text
    assert 'op.execute("ALTER VIEW plain OWNER TO CURRENT_USER")' in text
    with psycopg.connect(shop.url.replace("shop_app", "postgres"), autocommit=True) as boss:
        boss.execute("GRANT shop_other TO shop_app; GRANT CREATE ON SCHEMA public TO shop_other")
    shop.alembic("upgrade", "head")
    shop.alembic("check")


def test_default_privileges_that_may_not_be_set_say_so(shop: Project) -> None:
    shop.declare(models(more="ALTER DEFAULT PRIVILEGES FOR ROLE shop_other GRANT SELECT ON TABLES TO PUBLIC;"))
    text = shop.revise()
    assert text.count("default privileges of shop_other for tables\n    # not proved: permission denied") == 2
    assert 'op.execute("ALTER DEFAULT PRIVILEGES FOR ROLE shop_other REVOKE SELECT ON TABLES FROM PUBLIC")' in text
    with psycopg.connect(shop.url.replace("shop_app", "postgres"), autocommit=True) as boss:
        boss.execute("GRANT shop_other TO shop_app")
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    shop.alembic("downgrade", "-1")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_default_acl").fetchall() == [(0,)]


@pytest.mark.parametrize("sandbox", ["embedded"])
def test_the_role_itself_may_be_named_where_the_sandbox_is_elsewhere(shop: Project, sandbox: str) -> None:
    more = "ALTER VIEW plain OWNER TO shop_app; GRANT SELECT ON plain TO CURRENT_USER WITH GRANT OPTION;"
    shop.edit(shop.env, "context.configure(", f"context.configure(alembic_ext={{'sandbox': '{sandbox}'}}, ")
    shop.declare(models(more=more + "REVOKE INSERT ON plain FROM shop_app;"))
    shop.revise()
    shop.alembic("upgrade", "head")
    shop.alembic("check")
