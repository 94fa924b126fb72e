"""A project whose history alembic-utils wrote switches to this package, by one import or by one option."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from alembic_ext.kinds import kinds
from tests.pgdump import Dump
from tests.project import Project

TABLES = """\
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table(
    "account", metadata,
    sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text), sa.Column("active", sa.Boolean),
)
"""

ENTITIES = (
    TABLES
    + '''
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView

lower = PGFunction(
    schema="public",
    signature="lowerEmail()",
    definition="""
        RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE copy text := NEW.email;
        BEGIN NEW.email := lower(copy); RETURN NEW; END $$;
    """,
)
area = PGFunction("public", "area(width int, height int default 1, label varchar default 'a')", """
    returns bigint language sql immutable as $$ select width::bigint * height $$
""")
overload = PGFunction("public", "area(float8)", "returns float8 language sql immutable as $$ select $1 * $1 $$")
active = PGView("public", "active_account", "SELECT id, email FROM account WHERE active")
counted = PGMaterializedView("public", "counted", "SELECT email, count(*) AS n FROM account GROUP BY email;")
trigger = PGTrigger(
    schema="public",
    signature="lower_email",
    on_entity="public.account",
    definition="BEFORE INSERT OR UPDATE ON public.account FOR EACH ROW EXECUTE FUNCTION public.\\"lowerEmail\\"()",
)
entities = [lower, area, overload, active, counted, trigger]
'''
)

THEIRS = """
from alembic_utils.replaceable_entity import register_entities
register_entities(entities)
"""
ONE_IMPORT = """
from alembic_ext.adapters.alembic_utils import register_entities
register_entities(entities)
"""
DECLARED = """
from alembic_ext import register
register(metadata, entities)
"""
LABELS = (
    'function "lowerEmail"()',
    "function area(integer, integer, character varying)",
    "function area(double precision)",
    "materialized view counted",
    "trigger lower_email on account",
    "view active_account",
)


def written_by_alembic_utils(project: Callable[..., Project], entities: str = ENTITIES, **how: str) -> Project:
    """A project with a history of three revisions: tables, entities, a replaced and a dropped one."""
    shop = project(TABLES, **how)
    shop.revise()
    shop.alembic("upgrade", "head")
    old = entities.replace("SELECT id, email FROM", "SELECT id FROM").replace(
        "active, counted", 'active, PGView("public", "gone", "SELECT 1 AS x"), counted'
    )
    shop.declare(old + THEIRS)
    text = shop.revise()
    assert text.partition("def downgrade")[0].count("op.create_entity(") == 7
    shop.alembic("upgrade", "head")
    shop.declare(entities + THEIRS)
    text = shop.revise().partition("def downgrade")[0]
    assert text.count("op.replace_entity(") == text.count("op.drop_entity(") == 1
    shop.alembic("upgrade", "head")
    return shop


def test_a_project_switches(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = written_by_alembic_utils(project)
    with psycopg.connect(shop.url) as connection:
        connection.execute("CREATE VIEW by_hand AS SELECT 1 AS x")
    start = dump(shop.url)

    env = shop.env.read_text()
    shop.edit(shop.env, "context.configure(", "context.configure(alembic_ext={'alembic_utils': True}, ")
    shop.edit(shop.env, "from alembic import context", "import alembic_ext\nfrom alembic import context")
    assert_quiet(shop)  # by an option
    shop.env.write_text(env)
    shop.declare(ENTITIES + ONE_IMPORT)
    assert_quiet(shop)
    shop.declare(ENTITIES + DECLARED)
    assert_quiet(shop)

    changed = (
        ENTITIES.replace("WHERE active", "WHERE active AND id > 0")
        .replace("lower(copy)", "lower(trim(copy))")
        .replace("width::bigint", "2 * width::bigint")
        .replace("$1 * $1", "$1 * $1 * 3.14")
        .replace("count(*)", "1 + count(*)")
        .replace("BEFORE INSERT OR UPDATE", "BEFORE INSERT")
    )
    shop.declare(changed + DECLARED)
    text = shop.revise()
    for label in LABELS:
        assert all(f" {label}\n" in half for half in text.split("def downgrade")), label
    assert not any(word in text for word in ("by_hand", "_entity(", "alembic_utils", "WITH  DATA", '"public"'))
    shop.alembic("upgrade", "head")
    shop.alembic("check")

    shop.declare(TABLES + "import alembic_ext")
    text = shop.revise().partition("def downgrade")[0]
    assert all(f"# drop {label}\n" in text for label in LABELS)
    assert "by_hand" not in text
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    shop.alembic("downgrade", "-2")
    assert dump(shop.url) == start
    shop.alembic("upgrade", "head")
    shop.alembic("downgrade", "base")


def assert_quiet(shop: Project) -> None:
    said = shop.alembic("check").text
    assert said.count("the comparison of alembic-utils is left out") == 1
    assert "No new upgrade operations detected." in said


def test_as_long_as_nothing_is_ours_alembic_utils_works_as_before(project: Callable[..., Project]) -> None:
    shop = written_by_alembic_utils(project)
    models = ENTITIES.replace("WHERE active", "WHERE id > 0") + THEIRS + "import alembic_ext\n"
    shop.declare(models)
    said = shop.alembic("check", code=255).text
    assert "alembic_ext={'alembic_utils': True} takes over" in said
    assert "('replace_or_revert_entity', 'PGView: public.active_account'" in said

    shop.declare(models + "alembic_ext.register(metadata, 'CREATE VIEW new AS SELECT 1 AS x')")
    text = shop.revise().partition("def downgrade")[0]
    assert "# create view new\n" in text
    assert "# replace view active_account\n" in text
    assert "_entity(" not in text

    shop.edit(shop.env, "context.configure(", "context.configure(alembic_ext={'alembic_utils': False}, ")
    shop.revisions()[-1].unlink()
    said = shop.alembic("revision", "--autogenerate", "-m", "change").text
    assert "the comparison of alembic-utils is left out: what it made is left alone" in said
    text = shop.revisions()[-1].read_text()
    assert text.partition("def downgrade")[0].count("    # ") == 3  # Alembic's two, and one of ours
    shop.alembic("upgrade", "head")

    shop.declare(models)  # a revision of ours is there, so alembic-utils does not come back and drop what it made
    text = shop.revise().partition("def downgrade")[0]
    assert "# drop view new\n" in text
    assert "_entity(" not in text


RIGHTS = """
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy

own = PGPolicy("public", "own_rows", "FOR SELECT TO au_reader USING (email = current_user)", "account")
read = PGGrantTable("public", "account", "au_reader", "SELECT", columns=["id", "email"])
delete = PGGrantTable("public", "account", "au_reader", "DELETE", with_grant_option=True)
cut = PGGrantTable("public", "account", "au_reader", "TRUNCATE")
entities = [own, read, delete, cut]
"""


def test_policies_and_grants(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    shop = project(TABLES)
    with psycopg.connect(shop.url) as connection:
        connection.execute("DO $$ BEGIN CREATE ROLE au_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    shop.revise()
    shop.alembic("upgrade", "head")
    empty = dump(shop.url)
    shop.declare(TABLES + RIGHTS + THEIRS)
    assert shop.revise().partition("def downgrade")[0].count("op.create_entity(") == 4
    shop.alembic("upgrade", "head")
    start = dump(shop.url)

    shop.declare(TABLES + RIGHTS + ONE_IMPORT)
    assert_quiet(shop)
    changed = RIGHTS.replace("email = current_user", "email = session_user").replace("read, delete, cut]", "read, cut]")
    shop.declare(TABLES + changed.replace('["id", "email"]', '["id", "active"]') + DECLARED)
    text = shop.revise()
    for half in text.split("def downgrade"):
        assert "own_rows on account\n" in half
        assert "grant to au_reader on table account\n" in half
    assert "alembic_utils" not in text
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    shop.alembic("downgrade", "-1")
    assert dump(shop.url) == start
    shop.alembic("upgrade", "head")

    shop.declare(TABLES + "import alembic_ext")
    text = shop.revise().partition("def downgrade")[0]
    assert "# drop policy own_rows on account\n" in text
    assert "# drop grant to au_reader on table account\n" in text
    shop.alembic("upgrade", "head")
    shop.alembic("check")
    assert dump(shop.url) == empty
    shop.alembic("downgrade", "-2")
    assert dump(shop.url) == start


def test_what_alembic_utils_cannot_do_with_its_own_entities(project: Callable[..., Project]) -> None:
    shop = project(
        TABLES
        + """
from alembic_ext import register
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
register(
    metadata,
    PGView("public", "a", "SELECT id, f('x') FROM b"),
    PGView("public", "b", "SELECT id, ':x' AS colon FROM account"),
    PGFunction("public", "f(label varchar, other varchar default 'a,b')", "returns varchar language sql return ':y'"),
)
"""
    )
    text = shop.revise()
    assert text.count("op.execute(") == 6
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("check")
    shop.declare(TABLES + "import alembic_ext")
    text = shop.revise().partition("def downgrade")[0]
    assert text.index("# drop view a\n") < text.index("# drop view b\n")
    shop.alembic("upgrade", "head", bare=True)
    shop.alembic("downgrade", "base", bare=True)


def test_a_colon_that_alembic_utils_escapes_twice(project: Callable[..., Project]) -> None:
    entities = """
from alembic_utils.pg_function import PGFunction
entities = [PGFunction("public", "f()", "returns text language sql immutable as $$ select ':x' $$")]
"""
    shop = project(TABLES + entities + THEIRS)
    shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT f()").fetchall() == [("\\:x",)]
    shop.declare(TABLES + entities + ONE_IMPORT)
    assert "# replace function f()\n" in shop.revise()
    shop.alembic("upgrade", "head")
    with psycopg.connect(shop.url) as connection:
        assert connection.execute("SELECT f()").fetchall() == [(":x",)]
    shop.alembic("check")


@pytest.mark.skipif(not kinds()["extension"].managed, reason="extensions cannot be declared yet")
def test_extensions(project: Callable[..., Project], dump: Callable[..., Dump]) -> None:
    extension = """
from alembic_utils.pg_extension import PGExtension
entities = [PGExtension("public", "citext")]
"""
    shop = project(TABLES)
    shop.revise()
    shop.alembic("upgrade", "head")
    empty = dump(shop.url)
    shop.declare(TABLES + extension + THEIRS)
    assert "op.create_entity(" in shop.revise().partition("def downgrade")[0]
    shop.alembic("upgrade", "head")
    shop.declare(TABLES + extension + ONE_IMPORT)
    assert_quiet(shop)
    shop.declare(TABLES + "import alembic_ext")
    assert "# drop extension citext\n" in shop.revise().partition("def downgrade")[0]
    shop.alembic("upgrade", "head")
    assert dump(shop.url) == empty
    shop.alembic("downgrade", "-1")
    shop.alembic("downgrade", "base")
