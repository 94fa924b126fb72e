"""An argument of another sort than its annotation says is one error where it is made, and says what to give."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Index, Integer, MetaData, Table, insert, select, text

import alembic_ext
from alembic_ext import (
    EnumType,
    EventTrigger,
    Function,
    Grant,
    MaterializedView,
    Policy,
    Sequence,
    Server,
    Statistics,
    Trigger,
    View,
)  # fmt: skip
from alembic_ext.entity import Entity, finish
from alembic_ext.entity.arguments import _IS, _looks, _read
from alembic_ext.errors import DeclarationError

HERE = Path(__file__).name
item = Table("item", MetaData(), Column("id", Integer))


class Mood(Enum):
    sad = 1


def trigger(**values: Any) -> Trigger:
    return Trigger("t", **{"on": "item", "timing": "before", "events": ["update"], "execute": "f()", **values})


MISTAKES: dict[str, tuple[Callable[..., Any], str, str]] = {
    "text for a list": (lambda: EnumType("mood", "sad"), "values='sad' is not a list", "give ['sad']"),
    "a set": (lambda: EnumType("mood", {"sad"}), "values={'sad'} has no order", "give a list"),
    "no text in it": (lambda: EnumType("mood", [1, 2]), "values: 1 is not a str", "give each as text"),
    "an enum": (lambda: EnumType("mood", Mood), "values: <Mood.sad: 1> is not a str", "[one.name for one in Mood]"),
    "twice": (lambda: EnumType("mood", ["sad", "ok", "sad"]), "'sad' is there twice", "keep one of the two"),
    "renamed to nothing": (
        lambda: EnumType("mood", ["sad"], renamed_values={"sda": "bad"}),
        "renamed_values says that 'sda' is 'bad' now, which is none of its values",
        "correct it, or leave it out",
    ),
    "a list for a mapping": (
        lambda: View("v", "SELECT 1", grants=["select"]),
        "grants=['select'] is not valid",
        "give a mapping: {…: …}",
    ),
    "a number for text": (lambda: View("v", "SELECT 1", comment=3), "comment=3 is not valid", "give a str"),
    "text for a truth": (
        lambda: MaterializedView("v", "SELECT 1", with_data="no"),
        "with_data='no' is not valid",
        "give True or False",
    ),
    "text for a number": (lambda: Sequence("s", start="x"), "start='x' is not valid", "give a whole number"),
    "a truth for text": (lambda: Policy("p", on="item", using=True), "using=True is not valid", "give a str"),
    "an index for a list": (
        lambda: MaterializedView("v", "SELECT 1", indexes=Index("i", "id")),
        "indexes=Index('i', 'id') is not valid",
        "give a list",
    ),
    "a column for an index": (
        lambda: MaterializedView("v", "SELECT 1", indexes=["id"]),
        "its index 'id' is no CREATE INDEX statement",
        "sqlalchemy.Index('v_id', 'id')",
    ),
    "columns": (lambda: trigger(columns="id"), "columns='id' is not a list", "give ['id']"),
    "no events": (lambda: trigger(events=[]), "it has no events", "give any of 'insert'"),
    "no call": (lambda: trigger(execute="f"), "execute='f' is no call", "give 'f()', or the Function"),
    "nothing to call": (lambda: trigger(execute=None), "execute=None is not valid", "give a str"),
    "no call, for an event": (
        lambda: EventTrigger("e", event="sql_drop", execute="f"),
        "execute='f' is no call",
        "give 'f()', or the Function",
    ),
    "columns of a grant": (
        lambda: Grant("select", on="item", to="public", columns="id"),
        "columns='id' is not a list",
        "give ['id']",
    ),
    "no query": (lambda: View("v", None), "query=None is not valid", "give query=…"),
    "an empty query": (lambda: View("v", " "), "its query is empty", "give a select(), or SQL text"),
    "a number for a query": (lambda: View("v", 3), "its query is no query: 3", "give a select(…), or SQL text"),
    "a table for a query": (lambda: View("v", item), "its query is no query: ", "give a select(…)"),
    "a class for a query": (lambda: View("v", Mood), "its query is no query: ", "give a select(…)"),
    "an INSERT for a query": (lambda: View("v", insert(item)), "its query is no query: ", "give a select(…)"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "problem", "help"), MISTAKES.values(), ids=MISTAKES)
def test_it_is_refused(made: Callable[[], Entity], problem: str, help: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        made()
    assert problem in raised.value.problem
    assert help in raised.value.help
    assert HERE in raised.value.where


def test_a_schema_in_a_name_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """It is a name all the same, which PostgreSQL allows."""
    assert View("shop.v", "SELECT 1").sql.startswith('CREATE VIEW "shop.v" AS')
    assert "view shop.v has a dot in its name" in caplog.text
    assert "if shop is its schema, give 'v' and schema='shop'" in caplog.text
    caplog.clear()
    View("a.b", "SELECT 1", schema="shop")
    Policy("a.b", on="shop.item")
    assert not caplog.text


def test_it_stands_in_another_table_than_it_says() -> None:
    for on in ("item", item):
        Table("item", MetaData(), Column("id", Integer), trigger(on=on))
    for on in ("other", "shop.item", Table("item", MetaData(), schema="shop")):
        with pytest.raises(DeclarationError) as raised:
            Table("item", MetaData(), Column("id", Integer), trigger(on=on))
        assert raised.value.problem.endswith(", and stands in the table item")
        assert raised.value.help.startswith("leave on=… out; or give it to register()")


def test_what_may_be_secret_is_not_shown() -> None:
    with pytest.raises(DeclarationError) as raised:
        Server("s", wrapper="w", options="password=geheim")
    assert "geheim" not in str(raised.value)
    assert raised.value.problem == "server s: options is not valid"


def test_what_is_let_be() -> None:
    assert EnumType("mood", (value for value in ("sad", "ok"))).values == ("sad", "ok")
    assert EnumType("mood", ["c"], renamed_values={"a": "b", "b": "c"}).values == ("c",)
    assert trigger(events="update").events == ("update",)
    assert Statistics("s", on="a", from_="item", kinds="mcv").kinds == ("mcv",)
    assert Function("f()", returns="integer", body="SELECT 1", cost=1).cost == 1
    assert View("v", select(item.c.id)).sql == View("v", "SELECT item.id\nFROM item").sql
    assert View("v", text("SELECT 1 AS a")).sql == View("v", "SELECT 1 AS a").sql
    assert View.from_sql('CREATE VIEW "a.b" AS SELECT 1').sql.startswith('CREATE VIEW "a.b"')


def test_every_annotation_is_understood() -> None:
    """A new word among them is checked, or it is one of those that are let be."""
    let_be = {"Literal", "Enabled", "Query", "Function", "Secret", "tuple", "Security", "Modify"}
    found = set()
    for name in alembic_ext.__all__:
        cls = getattr(alembic_ext, name)
        if isinstance(cls, type) and issubclass(cls, Entity):
            finish(cls)
            found |= {sort for _, _, look in _looks(cls) for sort in look.args[1]}
    assert found <= set(_IS) | let_be
    assert _read("Mapping[str, str | Sequence[str] | None]") == (frozenset({"Mapping"}), False, True)
