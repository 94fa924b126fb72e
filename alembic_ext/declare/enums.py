"""Enum columns of the models: the types that they declare.

Alembic has CREATE TYPE sent by the table that is created, and by nothing else: not for a column that is added, and once
more for every further table. So the type is ours to make, and Alembic's operations get it as made already.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Enum

from alembic_ext.declare.column_types import on_server
from alembic_ext.errors import DeclarationError
from alembic_ext.model import Declared
from alembic_ext.sqltext import ident, literal, split
from alembic_ext.sqltext.parsetree import strings

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.types import TypeEngine


def _enum(type_: TypeEngine[Any]) -> Enum | None:
    """The enumerated type of a column, be it an array of it; None where it has none."""
    type_ = on_server(type_)
    if isinstance(type_, ARRAY):
        type_ = on_server(type_.item_type)
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
