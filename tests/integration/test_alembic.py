"""The commands of Alembic, and the shapes that its projects have: branches, several databases, templates of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.pgdump import Dump
from tests.project import Project

MODELS = r'''
import sqlalchemy as sa
from alembic_ext import register

metadata = sa.MetaData()
item = sa.Table(
    "item", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Integer, nullable=False)
)
register(
    metadata,
    """CREATE FUNCTION tax(amount int) RETURNS numeric LANGUAGE sql IMMUTABLE
    AS $$ SELECT amount * 0.19 -- 19 % of it, :not a parameter, \\: neither, E'\\n'
    $$""",
    "CREATE VIEW taxed AS SELECT id, price, tax(price::int) AS tax FROM item WHERE price::text LIKE '%0'",
    "CREATE MATERIALIZED VIEW dear AS SELECT id FROM taxed WHERE price > 100; CREATE INDEX dear_id ON dear (id)",
)
'''
DEARER = MODELS.replace("0.19", "0.21").replace("price > 100", "price > 200")


def test_revision_and_check(project: Callable[..., Project]) -> None:
    shop = project(MODELS)
    missing = shop.alembic("check", code=None)
    assert missing.code == 255
    assert "New upgrade operations detected: [('add_table', Table('item'," in missing.stderr
    assert "('create_view', 'public', 'taxed')" in missing.stderr
    assert "Traceback" not in missing.stderr

    text = shop.revise()
    assert "Target database is not up to date" in shop.alembic("check", code=255).stderr
    shop.alembic("upgrade", "head", bare=True)
    assert "No new upgrade operations detected." in shop.alembic("check").stdout

    shop.declare(DEARER)
    changed = shop.alembic("check", code=255).stderr
    assert "('replace_function', 'public', 'tax')" in changed
    assert "('recreate_materialized_view', 'public', 'dear')" in changed
    assert changed.count("'dear')") == 1
    assert "'taxed')" not in changed
    shop.declare(MODELS.partition("register(")[0])
    gone = shop.alembic("check", code=255).stderr
    for words in ("drop_function", "drop_view", "drop_materialized_view"):
        assert f"('{words}', " in gone
    assert [path.read_text() for path in shop.revisions()] == [text]


def test_upgrade_sql_through_psql(
    project: Callable[..., Project],
    new_database: Callable[[], str],
    dump: Callable[..., Dump],
    psql: Callable[[str, str], str],
) -> None:
    shop, offline = project(MODELS), new_database()
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.declare(DEARER.replace("sa.Integer, nullable=False", "sa.BigInteger, nullable=False"))
    shop.revise()
    first = dump(shop.url)
    shop.alembic("upgrade", "head", bare=True)
    psql(offline, shop.alembic("upgrade", "head", "--sql", bare=True).stdout)
    assert dump(offline) == dump(shop.url) != first
    psql(offline, shop.alembic("downgrade", "head:-1", "--sql", bare=True).stdout)
    assert dump(offline) == first
    psql(offline, shop.alembic("downgrade", "head:base", "--sql", bare=True).stdout)
    assert not dump(offline)


def test_tabs_that_offline_mode_would_lose(project: Callable[..., Project]) -> None:
    shop = project(MODELS.replace("SELECT amount", "SELECT\tamount"))
    said = shop.alembic("revision", "--autogenerate", "-m", "tabs").stderr
    assert "there are tabs in function public.tax(integer): `alembic upgrade --sql` writes four spaces for each" in said
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")


def test_several_metadata(project: Callable[..., Project]) -> None:
    """Each has its declarations; what two of them say in the same words is there once."""
    models = """
import sqlalchemy as sa
from alembic_ext import register

one, two = sa.MetaData(), sa.MetaData()
metadata = [one, two]
sa.Table("base", two, sa.Column("id", sa.Integer, primary_key=True))
both = "CREATE FUNCTION twice() RETURNS int LANGUAGE sql RETURN 1"
register(one, "CREATE VIEW above AS SELECT id, twice() AS n FROM base", both)
register(two, both)
"""
    shop = project(models)
    text = shop.revise()
    assert text.count("CREATE FUNCTION twice()") == 1
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.declare(models.replace("register(one", "# "))
    text = shop.revise()
    assert '# drop view above\n    op.execute("DROP VIEW above")' in text
    assert "CREATE FUNCTION" not in text
    assert "DROP FUNCTION" not in text


BRANCHES = """
import sqlalchemy as sa
from alembic import context
from alembic_ext import register

metadata = sa.MetaData()
shop = context.get_x_argument(as_dictionary=True)["models"] == "shop"
register(metadata, *(SHOP if shop else BLOG))
"""
SHOP = ["CREATE VIEW orders AS SELECT 1 AS number", "CREATE FUNCTION pay() RETURNS int LANGUAGE sql RETURN 1"]
BLOG = ["CREATE VIEW posts AS SELECT 1 AS number", "CREATE FUNCTION post() RETURNS int LANGUAGE sql RETURN 1"]


def branches(shop: list[str], blog: list[str]) -> str:
    """Give models of which ``alembic -x models=…`` chooses one half."""
    return BRANCHES.replace("SHOP", repr(shop)).replace("BLOG", repr(blog))


def test_branches_leave_each_others_objects_alone(project: Callable[..., Project]) -> None:
    site = project(branches(SHOP, BLOG))

    def revise(models: str, *words: str) -> str:
        site.alembic("-x", f"models={models}", "revision", "--autogenerate", "-m", models, *words)
        site.alembic("-x", f"models={models}", "upgrade", "heads", bare=True)
        return site.revisions()[-1].read_text()

    assert "# create view orders" in revise("shop", "--branch-label", "shop")
    text = revise("blog", "--head", "base", "--branch-label", "blog", "--depends-on", "shop@head")
    assert "# create view posts" in text
    assert "orders" not in text

    # Each branch drops what it made itself, and nothing else, whatever it depends on.
    site.declare(branches(SHOP[:1], BLOG[1:]))
    for models, gone, kept in (("shop", "function pay()", "orders"), ("blog", "view posts", "post()")):
        answer = site.alembic("-x", f"models={models}", "check", code=None)
        assert "('drop_" in answer.stderr
        text = revise(models, "--head", f"{models}@head")
        assert [line.strip() for line in text.splitlines() if line.startswith("    # drop")] == [f"# drop {gone}"]
        assert kept not in text
        site.alembic("-x", f"models={models}", "check")


def test_a_merge_owns_what_its_branches_made(project: Callable[..., Project]) -> None:
    site = project(branches(SHOP, []))
    site.alembic("-x", "models=shop", "revision", "--autogenerate", "-m", "one")
    site.alembic("-x", "models=shop", "upgrade", "heads", bare=True)
    site.declare(branches([*SHOP, *BLOG], []))
    site.alembic("-x", "models=shop", "revision", "--autogenerate", "-m", "two", "--head", "base", "--splice")
    site.alembic("-x", "models=shop", "upgrade", "heads", bare=True)
    site.alembic("-x", "models=shop", "check")
    site.alembic("merge", "heads", "-m", "merge", bare=True)
    site.alembic("upgrade", "heads", bare=True)
    site.declare(branches([], []))
    gone = site.alembic("-x", "models=shop", "check", code=255).stderr
    for name in ("orders", "pay", "posts", "post"):
        assert f"'{name}')" in gone


MULTIDB = """
import sqlalchemy as sa
from alembic_ext import register

shop, blog = sa.MetaData(), sa.MetaData()
metadata = {"engine1": shop, "engine2": blog}
sa.Table("item", shop, sa.Column("id", sa.Integer, primary_key=True))
register(shop, "CREATE VIEW shown AS SELECT id FROM item", "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1")
register(blog, "CREATE VIEW shown AS SELECT 2 AS two", "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1")
"""


def test_multidb(tmp_path: Path, new_database: Callable[[], str], dump: Callable[..., Dump]) -> None:
    """Each database has its own half of a revision, and its own lineage."""
    one, two = new_database(), new_database()
    site = Project.write(tmp_path / "site", MULTIDB, one, template="multidb")
    address = one.replace("sql:", "sql+psycopg:")
    site.edit(site.folder / "alembic.ini", f"{address}2", two.replace("sql:", "sql+psycopg:"))
    site.revise()
    site.alembic("upgrade", "head")
    site.alembic("check")
    assert any("shown; Type: VIEW" in head for head in dump(one))
    assert any("shown; Type: VIEW" in head for head in dump(two))

    before = dump(one), dump(two)
    site.declare(
        MULTIDB.replace('blog, "CREATE VIEW shown AS SELECT 2 AS two"', "blog").replace(
            'RETURN 1")\nr', 'RETURN 3")\nr'
        )
    )
    text = site.revise()
    halves = text.split("\ndef ")
    (first,) = (half for half in halves if half.startswith("upgrade_engine1"))
    (second,) = (half for half in halves if half.startswith("upgrade_engine2"))
    assert [line.strip() for line in first.splitlines() if "    # " in line][1:-1] == ["# replace function f()"]
    assert [line.strip() for line in second.splitlines() if "    # " in line][1:-1] == ["# drop view shown"]
    site.alembic("upgrade", "head")
    site.alembic("check")
    site.alembic("downgrade", "-1")
    assert (dump(one), dump(two)) == before


@pytest.mark.parametrize("prefix", ["op.", "alter."])
def test_a_template_of_the_projects_own(
    project: Callable[..., Project], dump: Callable[..., Dump], prefix: str
) -> None:
    """No ``${imports}``, so nothing may be imported; and ``op`` has another name."""
    shop = project(MODELS, configure=f"alembic_module_prefix={prefix!r}")
    template = shop.folder / "migrations" / "script.py.mako"
    shop.edit(template, '${imports if imports else ""}\n', "")
    shop.edit(template, "from alembic import op\n", f"from alembic import op{'' if prefix == 'op.' else ' as alter'}\n")
    text = shop.revise()
    assert "dedent" not in text
    assert f"    {prefix}execute(\n" in text
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "base", bare=True)
    assert not dump(shop.url)


def test_render_as_batch(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = project(MODELS, configure="render_as_batch=True")
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    before = dump(shop.url)
    wider = MODELS.replace('"price", sa.Integer', '"price", sa.BigInteger').replace("amount int", "amount bigint")
    shop.declare(
        wider.replace(
            '"id", sa.Integer, primary_key=True)', '"id", sa.Integer, primary_key=True), sa.Column("n", sa.Text)'
        )
    )
    text = shop.revise()
    assert "with op.batch_alter_table('item'" in text
    assert text.index("DROP VIEW taxed") < text.index("batch_op.alter_column('price'") < text.index("CREATE VIEW taxed")
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.alembic("downgrade", "-1", bare=True)
    assert dump(shop.url) == before


def test_transaction_per_migration(
    project: Callable[..., Project], connect: Callable[..., psycopg.Connection[Any]]
) -> None:
    """What one revision sets for itself does not reach the next, though they share a session."""
    shop = project(MODELS, configure="transaction_per_migration=True")
    shop.revise()
    shop.declare(MODELS.replace("SELECT id, price,", "SELECT price, id,"))
    shop.alembic("upgrade", "head", bare=True)
    assert "save owner" in shop.revise()
    shop.alembic("downgrade", "base", bare=True)
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    (row,) = connect(shop.url).execute("SELECT count(*) FROM alembic_version").fetchall()
    assert row == (1,)
