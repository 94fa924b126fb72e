"""alembic-utils' entities as SQL, and what a revision says of them without being run."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import registry
from sqlalchemy import MetaData

from alembic_ext import lineage, register
from alembic_ext.adapters import alembic_utils, alembic_utils_revisions
from alembic_ext.declare import collect
from alembic_ext.errors import DeclarationError
from alembic_ext.lineage import Event
from alembic_ext.model import Declared

UPGRADE = frozenset({"upgrade"})

STATEMENTS = {
    "CREATE VIEW public.v AS select 1": PGView("public", "v", "select 1;"),
    "CREATE VIEW public.\"V 1\" AS select ':x', a::text": PGView("public", "V 1", "select '\\:x', a::text"),
    "CREATE MATERIALIZED VIEW s.m AS select 1": PGMaterializedView("s", "m", "select 1"),
    "CREATE MATERIALIZED VIEW s.m AS select 1 WITH NO DATA": PGMaterializedView("s", "m", "select 1", with_data=False),
    "CREATE FUNCTION public.f(a int) returns int language sql as ' select :x '": PGFunction(
        "public", "f(a int)", "returns int language sql as ' select :x ';"
    ),
    "CREATE FUNCTION public.\"toUpper\"(a text default 'b, :c') returns text as $$ begin a := ':x'; end $$ language plpgsql": PGFunction(
        "public", "toUpper (a text default 'b, :c')", "returns text as $$ begin a := ':x'; end $$ language plpgsql"
    ),
    "CREATE TRIGGER t after insert ON public.x for each row execute function f()": PGTrigger(
        "public", "t", "after insert ON public.x for each row execute function f()", "public.x"
    ),
    'CREATE CONSTRAINT TRIGGER "T" after insert ON s."X" deferrable for each row execute function f()': PGTrigger(
        "s", "T", 'after insert ON s."X" deferrable for each row execute function f()', "s.X", is_constraint=True
    ),
    "CREATE POLICY p on public.x for all using (true)": PGPolicy("public", "p", "for all using (true);", "x"),
    'CREATE EXTENSION "citext" WITH SCHEMA "public";': PGExtension("public", "citext"),
    'GRANT SELECT ( a, b ) ON "public"."x" TO "reader"  WITH GRANT OPTION': PGGrantTable(
        "public", "x", "reader", "SELECT", columns=["b", "a"], with_grant_option=True
    ),
    'GRANT DELETE  ON "public"."x" TO "reader" ': PGGrantTable("public", "x", "reader", "DELETE"),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_an_entity_is_the_statement_that_alembic_utils_sends(text: str) -> None:
    assert alembic_utils.statement(STATEMENTS[text]).rstrip(";").split() == text.rstrip(";").split()


def test_register_takes_entities_and_keeps_their_place() -> None:
    metadata = MetaData()
    register(metadata, [PGView("public", "v", "select 1"), PGFunction("s", "f()", "returns int language sql return 1")])
    view, function = collect(metadata)
    assert (str(view.address), str(function.address)) == ("view public.v", "function s.f")
    assert view.source.partition(":")[0].endswith("test_alembic_utils.py")
    assert view.creates


def test_what_an_entity_cannot_say_is_an_error_with_its_place() -> None:
    metadata = MetaData()
    register(metadata, PGTrigger("public", "t", "nonsense", "public.x"))
    with pytest.raises(
        DeclarationError, match=r"PGTrigger: public.t .* has no statement \(.*test_alembic_utils.py:\d+"
    ):
        collect(metadata)


HEAD = """
from textwrap import dedent
from alembic import op
from alembic_utils.pg_view import PGView
"""
NAMED = '{0} = PGView(schema="public", signature="{0}", definition="select 1 as x")\n'


def read(text: str, found: Callable[[Declared], str | None] = lambda item: str(item.address)) -> lineage.Lineage:
    """The lineage after one revision."""
    events = [
        Event(verb, made.declared, made.statements, made.by)
        for _, verb, made in alembic_utils_revisions.done(ast.parse(HEAD + text), UPGRADE)
    ]
    return lineage.read(events, found)


@pytest.mark.parametrize(
    "text",
    [
        NAMED.format("v") + "def upgrade():\n    op.create_entity(v)",
        "def upgrade():\n    " + NAMED.format("v") + "    op.create_entity(v)",
        "v: PGView = " + NAMED.format("v").partition("= ")[2] + "def upgrade():\n    op.create_entity(target=v)",
        'NAME = "v"\ndef upgrade():\n    op.create_entity(PGView("public", NAME, "select 1 " + f"as {\'x\'}"))',
        'def upgrade():\n    op.create_entity(PGView("public", "v", dedent("""\\\n        select 1 as x""")))',
        'def upgrade():\n    op.create_entity(PGView.from_sql("create view public.v as select 1 as x"))',
        'def upgrade():\n    for v in [PGView("public", "v", "select 1 as x;".strip())]:\n        op.create_entity(v)',
        'def upgrade():\n    with recreate_dropped(op.get_bind()):\n        op.create_entity(PGView("public", "v", "select 1 as x"))',
        'old, v = PGView("public", "v", "select 2"), PGView("public", "v", "select 1 as x")\ndef upgrade():\n    op.create_entity(old)\n    op.replace_entity(v)',
        'old = PGView("public", "v", "select 2")\ndef upgrade():\n    op.create_entity(PGView(old.schema, old.signature, "select 1 as x"))',
    ],
)
def test_what_is_created_is_ours_with_its_text(text: str) -> None:
    found = read(text)
    assert found.owned == {"view public.v"}
    assert found.texts == {"view public.v": ("CREATE VIEW public.v AS select 1 as x",)}


def test_an_unknown_definition_leaves_the_name() -> None:
    found = read('from models import QUERY\ndef upgrade():\n    op.create_entity(PGView("public", "v", QUERY))')
    assert found.owned == {"view public.v"}
    assert found.texts == {"view public.v": ()}


@pytest.mark.parametrize(
    "text",
    [
        "from models import v\ndef upgrade():\n    op.create_entity(v)",
        "from models import NAME\ndef upgrade():\n    op.create_entity(PGView('public', NAME, 'select 1'))",
        "def upgrade():\n    op.create_entity(PGView('public'))",
        NAMED.format("v") + "def downgrade():\n    op.create_entity(v)",
        NAMED.format("v") + "def upgrade():\n    op.create_entity(v)\n    op.drop_entity(v, cascade=True)",
        NAMED.format("v") + "def upgrade():\n    v = other()\n    op.create_entity(v)",
        NAMED.format("v") + "def upgrade():\n    if x:\n        op.drop_entity(v)\n    else:\n        op.f(v)",
    ],
)
def test_what_is_not_told_or_dropped_is_not_ours(text: str) -> None:
    assert read(text).owned == frozenset()


def test_what_was_only_replaced_is_remembered() -> None:
    found = read(NAMED.format("v") + "def upgrade():\n    op.replace_entity(v)")
    assert (found.owned, found.replaced) == (frozenset(), {"view public.v"})


def test_what_the_server_does_not_know_is_left() -> None:
    assert read(NAMED.format("v") + "def upgrade():\n    op.create_entity(v)", lambda _: None) == lineage.Lineage()


def test_several_grants_to_one_role_are_ours_until_the_last_goes() -> None:
    text = """
from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice
one = PGGrantTable(schema='public', table='x', columns=[], role='r', grant='DELETE', with_grant_option=False)
two = PGGrantTable('public', 'x', 'r', PGGrantTableChoice.TRUNCATE)
def upgrade():
    op.create_entity(one)
    op.create_entity(two)
    op.drop_entity(one)
"""
    assert len(read(text).owned) == 1
    assert not read(text + "    op.drop_entity(two)").owned


def test_classes_and_schemas_that_alembic_utils_was_told_to_ignore(monkeypatch: pytest.MonkeyPatch) -> None:
    text = NAMED.format("v") + "def upgrade():\n    op.create_entity(v)"
    monkeypatch.setattr(registry, "entity_types", {PGFunction})
    assert not read(text).owned
    monkeypatch.setattr(registry, "entity_types", set())
    monkeypatch.setattr(registry, "exclude_schemas", {"public"})
    assert not read(text).owned
