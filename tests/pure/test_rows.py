"""Declared rows as values: the text of every Python value, and what is refused."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from alembic_ext import Rows, register
from alembic_ext.errors import DeclarationError
from alembic_ext.rows import collect
from alembic_ext.rows.texts import Unwritable, text_of


class Word(str, enum.Enum):
    a = "x"


class Number(enum.Enum):
    one = 1


TEXTS: list[tuple[Any, Any, str | None]] = [
    (None, None, None),
    (None, sa.JSON(), None),
    (sa.null(), None, None),
    (sa.JSON.NULL, sa.JSON(), "null"),
    (True, None, "true"),
    (Decimal("1.50"), sa.Numeric(), "1.50"),
    (float("nan"), None, "NaN"),
    (float("-inf"), sa.Float(), "-Infinity"),
    (0.1, sa.Float(), "0.1"),
    (b"\x00a", sa.LargeBinary(), "\\x0061"),
    (memoryview(b"a"), None, "\\x61"),
    (dt.datetime(2024, 1, 2, 3, 4), None, "2024-01-02 03:04:00"),
    (dt.time(1, 2), None, "01:02:00"),
    (dt.timedelta(days=1, seconds=-1), None, "0 days 86399.000000 seconds"),
    (-dt.timedelta(days=1, microseconds=1), None, "-1 days -0.000001 seconds"),
    (ipaddress.ip_network("10.0.0.0/8"), None, "10.0.0.0/8"),
    (Word.a, None, "x"),
    (Number.one, sa.Enum(Number), "one"),
    ({"ü": [1, None]}, None, '{"ü": [1, null]}'),
    ("text", pg.JSONB(), '"text"'),
    (["a b", None, ["c"], 'q"\\', "null", ""], None, '{"a b",NULL,{c},"q\\"\\\\","null",""}'),
    ([{"a": 1}], pg.ARRAY(sa.JSON), '{"{\\"a\\": 1}"}'),
    (pg.Range(dt.date(2024, 1, 1), None, bounds="()"), None, "(2024-01-01,)"),
    (pg.Range(empty=True), None, "empty"),
    ([pg.Range(1, 2)], pg.INT4MULTIRANGE(), "{[1,2)}"),
    ("{[1,2)}", pg.INT4MULTIRANGE(), "{[1,2)}"),
]


@pytest.mark.parametrize(("value", "type_", "text"), TEXTS)
def test_values(value: object, type_: Any, text: str | None) -> None:
    assert text_of(value, type_) == text


@pytest.mark.parametrize("value", ["a\0", "\ud800", object(), Number.one, sa.text("now()"), {"a": object()}])
def test_values_that_cannot_be_written(value: object) -> None:
    with pytest.raises(Unwritable):
        text_of(value)


def test_a_processor_that_fails() -> None:
    with pytest.raises(Unwritable):
        text_of("maybe", sa.Boolean())


def test_a_table_by_name_has_the_types_of_the_models() -> None:
    metadata = sa.MetaData(schema="app")
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("j", sa.JSON, key="json"))
    register(metadata, Rows("t", {"id": 1, "json": "a"}), Rows("app.t", [{"id": 2}]), Rows('other."T"', [{"x": [1]}]))
    first, other = collect(metadata)
    assert (first.table, first.rows) == ("app.t", ({"id": "1", "j": '"a"'}, {"id": "2"}))
    assert (other.table, other.rows) == ('other."T"', ({"x": "{1}"},))


@pytest.mark.parametrize("table", ["", "a.b.c", 5, int])
def test_what_is_no_table(table: Any) -> None:
    metadata = sa.MetaData()
    register(metadata, Rows(table, []))
    with pytest.raises(DeclarationError, match=r"test_rows.py:\d+"):
        collect(metadata)


def test_a_key_names_something() -> None:
    with pytest.raises(DeclarationError, match="names no column"):
        Rows("t", [], key=())


def test_the_rows_are_not_shown() -> None:
    assert repr(Rows("t", [{"password": "secret"}])) == "Rows('t', 1 row, mode='upsert')"
