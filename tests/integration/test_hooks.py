"""What a project may put between us and its revisions: filters, rewriters, its own reading of the differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext

from alembic_ext import register
from tests.pgdump import Dump
from tests.project import Project

MODELS = """
import sqlalchemy as sa
from alembic_ext import register

metadata = sa.MetaData()
sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
register(
    metadata,
    "CREATE VIEW shown AS SELECT id FROM item",
    "CREATE VIEW legacy_shown AS SELECT id + 1 AS id FROM item",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TRIGGER stamp BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION stamp()",
)
"""


def give_hook(project: Project, name: str, arguments: str, body: str) -> None:
    """Write a function into env.py, where ``configure`` may name it."""
    text = project.env.read_text()
    before, _, after = text.partition("from models import metadata as target_metadata\n")
    assert after
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    function = f"\n\ndef {name}({arguments}):\n{lines}\n"
    project.env.write_text(f"{before}from models import metadata as target_metadata\n{function}{after}")


def steps(text: str) -> list[str]:
    """Give the comment lines of a script's upgrade function: what is done to what."""
    upgrade = text.partition("def upgrade()")[2].partition("def downgrade()")[0]
    return [line.strip("# ") for line in upgrade.splitlines() if line.startswith("    # ") and "###" not in line]


def test_include_object(project: Callable[..., Project], connect: Callable[..., psycopg.Connection[Any]]) -> None:
    """It is asked about what is declared and about what is ours and gone, as it is about tables."""
    shop = project(MODELS, configure="include_object=include_object, compare_type=True")
    body = """
with open("asked", "a") as file:
    print(type_, getattr(object, "schema", None), object.name == name, object.info, reflected, compare_to is not None, name, file=file)
return not name.startswith("legacy_")
"""
    give_hook(shop, "include_object", "object, name, type_, reflected, compare_to", body)
    text = shop.revise()
    assert sorted(steps(text)) == ["create function stamp()", "create trigger stamp on item", "create view shown"]
    asked = (shop.folder / "asked").read_text().splitlines()
    assert "view None True {} False False legacy_shown" in asked
    assert "trigger None True {} False False stamp" in asked
    shop.alembic("upgrade", "head")
    shop.alembic("check")

    # What the hook keeps out is neither changed nor dropped, whoever made it.
    shop.edit(shop.env, 'startswith("legacy_")', 'startswith("sh")')
    shop.alembic("revision", "--autogenerate", "-m", "legacy")
    shop.alembic("upgrade", "head")
    connect(shop.url).execute("CREATE OR REPLACE VIEW legacy_shown AS SELECT 2 AS id")
    shop.edit(shop.env, 'startswith("sh")', 'startswith(("sh", "legacy_"))')
    shop.declare(MODELS.replace('"CREATE VIEW shown AS SELECT id FROM item",', ""))
    (shop.folder / "asked").unlink()
    shop.alembic("check")
    asked = (shop.folder / "asked").read_text().splitlines()
    assert "view None True {} False True legacy_shown" in asked
    assert "view None True {} True False shown" in asked
    shop.edit(shop.env, 'startswith(("sh", "legacy_"))', 'startswith("x")')
    assert steps(shop.revise()) == ["drop view shown", "replace view legacy_shown"]


def test_include_name(project: Callable[..., Project], connect: Callable[..., psycopg.Connection[Any]]) -> None:
    """It is asked about what is there: its kind, its schema, and what it is on."""
    configure = 'include_name=include_name, include_schemas=True, alembic_ext={"manage": "all"}'
    shop = project(MODELS, configure=configure)
    body = """
with open("asked", "a") as file:
    print(type_, name, sorted(parent_names.items(), key=str), file=file)
return name != "private" if type_ == "schema" else not (name or "").startswith("hand_")
"""
    give_hook(shop, "include_name", "name, type_, parent_names", body)
    connection = connect(shop.url)
    connection.execute(
        "CREATE SCHEMA private; CREATE VIEW private.secret AS SELECT 1;"
        "CREATE SCHEMA other; CREATE VIEW other.forgotten AS SELECT 1; CREATE VIEW other.hand_made AS SELECT 2"
    )
    shop.revise()
    shop.alembic("upgrade", "head")
    connection.execute("CREATE FUNCTION hand_made() RETURNS int LANGUAGE sql RETURN 1")
    shop.declare(MODELS.replace('"CREATE TRIGGER', "#"))
    text = shop.revise()
    asked = (shop.folder / "asked").read_text().splitlines()
    assert (
        "trigger stamp [('schema_name', None), ('schema_qualified_table_name', 'item'), ('table_name', 'item')]"
        in asked
    )
    assert "view hand_made [('schema_name', 'other')]" in asked
    first = shop.revisions()[0].read_text()
    assert "drop view other.forgotten" in steps(first)
    assert steps(text) == ["drop trigger stamp on item"]
    for script in (first, text):
        assert "hand_made" not in script
        assert "secret" not in script


def test_include_schemas(project: Callable[..., Project], connect: Callable[..., psycopg.Connection[Any]]) -> None:
    """What is declared in another schema is made there always; what is observed there depends on the option."""
    models = MODELS.replace("VIEW shown", "VIEW reports.shown").replace(
        "metadata = sa.MetaData()",
        'metadata = sa.MetaData()\nsa.Table("page", metadata, sa.Column("n", sa.Integer), schema="reports")',
    )
    shop = project(models, configure='include_schemas=True, version_table_schema="reports", version_table="versions"')
    connect(shop.url).execute(
        "CREATE SCHEMA reports; CREATE SCHEMA other; CREATE VIEW other.alone AS SELECT 1; CREATE VIEW alone AS SELECT 1"
    )
    text = shop.revise()
    assert "create view reports.shown" in steps(text)
    assert "alone" not in text
    assert "versions" not in text.partition("def upgrade")[2]
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")

    alone = project(
        models,
        url=shop.url,
        configure='alembic_ext={"manage": ["view"]}, version_table="versions", version_table_schema="reports"',
    )
    for path in shop.revisions():
        (alone.folder / "migrations" / "versions" / path.name).write_bytes(path.read_bytes())
    text = alone.revise()
    assert [step for step in steps(text) if step.startswith("drop")] == ["drop view alone"]
    shop.edit(shop.env, "include_schemas=True", 'include_schemas=True, alembic_ext={"manage": ["view"]}')
    assert steps(shop.revise()) == ["drop view alone", "drop view other.alone"]


EMPTY = """
if config.cmd_opts.autogenerate and directives[0].upgrade_ops.is_empty():
    directives[:] = []
"""


def test_no_empty_migrations(project: Callable[..., Project]) -> None:
    """The recipe of the cookbook: a revision without operations is not written."""
    shop = project(MODELS, configure="process_revision_directives=not_empty")
    give_hook(shop, "not_empty", "context, revision, directives", EMPTY)
    shop.revise()
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("revision", "--autogenerate", "-m", "nothing")
    assert len(shop.revisions()) == 1
    shop.declare(MODELS.replace("SELECT id FROM item", "SELECT id, 1 AS n FROM item"))
    assert steps(shop.revise()) == ["replace view shown"]


REWRITER = """
from alembic.autogenerate import rewriter
from alembic.operations import ops
from alembic_ext.operations import EntityOp

first, writer = rewriter.Rewriter(), rewriter.Rewriter()


@first.rewrites(ops.CreateTableOp)
def _create_table(context, revision, op):
    return [ops.ExecuteSQLOp("SELECT 'before " + op.table_name + "'"), op]


@writer.rewrites(EntityOp)
def _entity(context, revision, op):
    if op.kind == "view" and op.name.startswith("legacy_"):
        return []
    op.info["seen"] = True
    return [op, ops.ExecuteSQLOp(f"SELECT 'after {op.verb} {op.kind} {op.schema}.{op.name}'")]


@writer.rewrites(ops.UpgradeOps)
def _whole(context, revision, op):
    assert all(each.info is not None and each.to_diff_tuple() for each in op.ops if isinstance(each, EntityOp))
    return op


hooks = first.chain(writer)
"""


def test_rewriters(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    """They may drop, change and surround our operations as they do Alembic's."""
    shop = project(MODELS, configure="process_revision_directives=hooks")
    shop.edit(
        shop.env,
        "from models import metadata as target_metadata\n",
        f"from models import metadata as target_metadata\n{REWRITER}",
    )
    text = shop.revise()
    assert steps(text) == ["create function stamp()", "create view shown", "create trigger stamp on item"]
    assert "op.execute(\"SELECT 'before item'\")\n    op.create_table('item'" in text
    assert "SELECT 'after create trigger public.stamp'" in text
    assert "legacy_shown" not in text
    shop.alembic("upgrade", "head")
    shop.alembic("check")  # it asks the rewriters too
    shop.alembic("downgrade", "base")
    assert not dump(shop.url)


@pytest.fixture
def engine(database: str) -> Any:
    made = sa.create_engine(database.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW old AS SELECT 1 AS n; CREATE VIEW shown AS SELECT 1 AS n")
    return made


def declared() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("item", metadata, sa.Column("id", sa.Integer, primary_key=True))
    register(metadata, "CREATE VIEW shown AS SELECT id AS n FROM item")
    register(metadata, "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1")
    return metadata


def test_compare_metadata(engine: sa.Engine) -> None:
    """Without a script directory nothing is known to be ours, so nothing is dropped unless that is asked for."""
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), declared())
    tables = [each for each in found if each[0] == "add_table"]
    assert len(tables) == 1
    ours = [each for each in found if each not in tables]
    assert sorted(ours) == [("create_function", "public", "f"), ("replace_view", "public", "shown")]  # once each

    opts = {"alembic_ext": {"manage": "all"}}
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=opts), declared())
    assert ("drop_view", "public", "old") in found


def test_produce_migrations(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        script = produce_migrations(MigrationContext.configure(connection), declared())
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    up, down = render_python_code(script.upgrade_ops), render_python_code(script.downgrade_ops)
    assert "# replace view shown" in up
    assert up.index("create_table('item'") < up.index("VIEW shown AS SELECT id AS n FROM item")
    assert down.index("shown") < down.index("drop_table('item')")
    assert "DROP FUNCTION f()" in down
