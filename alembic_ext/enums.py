"""Enum columns of the models: the types that they declare, and columns for a type that a statement of ours makes.

Alembic has CREATE TYPE sent by the table that is created, and by nothing else: not for a column that is added, and once
more for every further table. So the type is ours to make, and Alembic's operations get it as made already.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Enum
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

from alembic_ext.errors import DeclarationError
from alembic_ext.model import Declared
from alembic_ext.parsetree import strings
from alembic_ext.sqltext import ident, literal, split

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

Name = tuple[str | None, str]
"""The schema of a type, where it has one of its own, and its name."""


class _Made(postgresql.ENUM):
    """An ENUM that is made elsewhere; SQLAlchemy before 2.1 does not print that it is."""

    __module__ = "sqlalchemy.dialects.postgresql"  # so Alembic renders and imports it

    def __repr__(self) -> str:
        schema = f", schema={str(self.schema)!r}" if self.schema else ""
        values = "".join(f"{value!r}, " for value in self.enums)
        return f"ENUM({values}name={str(self.name)!r}{schema}, create_type=False)"


class _Item(_Made):
    """One in an array: Alembic takes what is printed of it for a regular expression, up to 1.20."""

    __module__ = _Made.__module__

    def __repr__(self) -> str:
        return "ENUM"


class _Array(postgresql.ARRAY[Any]):
    """An array of a type that is made elsewhere."""

    __module__ = _Made.__module__

    def __repr__(self) -> str:
        dimensions = "" if self.dimensions is None else f", dimensions={self.dimensions}"
        item: Any = self.item_type
        return f"ARRAY(postgresql.{_Made.__repr__(item)}{dimensions})"


@cache
def _dialect() -> Dialect:
    make: Any = postgresql.dialect
    made: Dialect = make()
    return made


def _on_server(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """What PostgreSQL is given for a type with variants, or for one of the user's own."""
    while True:
        if "postgresql" in type_._variant_mapping:
            type_ = type_._variant_mapping["postgresql"]
        elif isinstance(type_, TypeDecorator):
            type_ = type_.type_engine(_dialect())
        else:
            return type_


def _enum(type_: TypeEngine[Any]) -> Enum | None:
    """The enumerated type of a column, be it an array of it; None where it has none."""
    type_ = _on_server(type_)
    if isinstance(type_, ARRAY):
        type_ = _on_server(type_.item_type)
    return type_ if isinstance(type_, Enum) and type_.native_enum and type_.name else None


def declared(tables: Iterable[Table], lets_in: Callable[[Any], bool]) -> Iterator[tuple[str, str]]:
    """The statements that make the types of columns, each once, with the first place that has it."""
    seen: set[str] = set()
    for column in (column for table in tables if not getattr(table, "is_view", False) for column in table.columns):
        type_ = _enum(column.type)
        if type_ is None or not getattr(type_, "create_type", True):
            continue
        if lets_in(column.table) and lets_in(column):
            name = ident(type_.schema or "", str(type_.name))
            text = f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, type_.enums))})"
            if text not in seen:
                seen.add(text)
                yield text, f"the Table {column.table}, column {column.name}"


def without_repeated(items: Sequence[Declared], same: Callable[[Declared], Hashable]) -> list[Declared]:
    """The declarations without what columns imply, where the same object is declared already.

    Raises:
        DeclarationError: the values are not the same in both places.
    """
    if not any(item.implied for item in items):
        return list(items)
    first: dict[Hashable, Declared] = {}
    for item in sorted(items, key=lambda item: item.implied):
        if not item.creates or item.aspect:
            continue
        other = first.setdefault(same(item), item)
        if item.implied and other.text != item.text and _values(other) != _values(item):
            raise DeclarationError(
                f"{item.address} has other values in another place: "
                f"{', '.join(_values(other))} and {', '.join(_values(item))}",
                where=f"{other.source} and {item.source}",
                help="give both the same values in the same order, or one of the types another name",
            )
    return [item for item in items if not item.implied or first[same(item)] is item]


def _values(item: Declared) -> tuple[str, ...]:
    return strings(split(item.text)[0].tree.get("vals", ()))


def made_elsewhere(type_: TypeEngine[Any], is_made: Callable[[Name], bool]) -> TypeEngine[Any]:
    """The type of a column for an operation that shall not make it too; itself where there is nothing to make.

    A type of the user's own gives way to what it stands for.
    """
    inner = _enum(type_)
    if inner is None or not is_made((inner.schema, str(inner.name))):
        return type_
    variants = dict(type_._variant_mapping)
    if "postgresql" in variants:
        variants["postgresql"], made = _made(_on_server(type_)), copy(type_)
    else:
        made = _made(_on_server(type_))
    made._variant_mapping = type(type_._variant_mapping)(variants)
    return made


def _made(type_: TypeEngine[Any], make: type[_Made] = _Made) -> TypeEngine[Any]:
    if isinstance(type_, ARRAY):
        return _Array(_made(_on_server(type_.item_type), _Item), dimensions=type_.dimensions)
    assert isinstance(type_, Enum)
    return make(*type_.enums, name=type_.name, schema=type_.schema, create_type=False)
