"""Types of columns in Alembic's operations: what a statement of ours makes, and what SQLAlchemy cannot tell.

A type that is made by a statement of its own shall not be made by a table too. And SQLAlchemy reflects no composite and
no range type, and takes the default and NOT NULL of a domain for the column's; so what comes back has the type that
stands in the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Enum
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType, TypeDecorator, UserDefinedType

from alembic_ext.kinds import kinds
from alembic_ext.model import Key, Snapshot
from alembic_ext.sqltext import ident, parts
from alembic_ext.sqltext.edit import unqualify

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

Name = tuple[str | None, str]
"""The schema of a type, where it has one of its own, and its name."""


class _Made(UserDefinedType[Any]):
    """A type that is made elsewhere, and how it is written behind ``postgresql.`` in a revision."""

    __module__ = "sqlalchemy.dialects.postgresql"  # so Alembic renders and imports it
    cache_ok = True

    def __init__(self, text: str, shown: str) -> None:
        self.text, self.shown = text, shown

    def get_col_spec(self, **_: Any) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.shown


@cache
def _dialect() -> Dialect:
    make: Any = postgresql.dialect
    made: Dialect = make()
    return made


def on_server(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """What PostgreSQL is given for a type with variants, or for one of the user's own."""
    while True:
        if "postgresql" in type_._variant_mapping:
            type_ = type_._variant_mapping["postgresql"]
        elif isinstance(type_, TypeDecorator):
            type_ = type_.type_engine(_dialect())
        else:
            return type_


def _item(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type, or that of which it is an array."""
    type_ = on_server(type_)
    return on_server(type_.item_type) if isinstance(type_, ARRAY) else type_


def _named(type_: TypeEngine[Any]) -> Any:
    """The type of a column, be it an array of it, that SQLAlchemy would make; None where there is none."""
    found = _item(type_)
    is_made = isinstance(found, postgresql.DOMAIN) or (isinstance(found, Enum) and found.native_enum)
    return found if is_made and getattr(found, "name", None) else None


def are_one(one: TypeEngine[Any], other: TypeEngine[Any], schema: str) -> bool:
    """Whether two columns have the same type by its name, whatever is told of what it is made of."""
    names = [(found.schema or schema, str(found.name)) for type_ in (one, other) if (found := _named(type_))]
    arrays = {isinstance(on_server(type_), ARRAY) for type_ in (one, other)}
    return len(names) == 2 and names[0] == names[1] and len(arrays) == 1


def made_elsewhere(type_: TypeEngine[Any], is_made: Callable[[Name], bool]) -> TypeEngine[Any]:
    """The type of a column for an operation that shall not make it too; itself where there is nothing to make.

    A type of the user's own gives way to what it stands for.
    """
    inner = _named(type_)
    if inner is None or not is_made((inner.schema, str(inner.name))):
        return type_
    variants = dict(type_._variant_mapping)
    if "postgresql" in variants:
        variants["postgresql"], made = _made_type(on_server(type_)), copy(type_)
    else:
        made = _made_type(on_server(type_))
    made._variant_mapping = type(type_._variant_mapping)(variants)
    return made


def _made_type(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(type_, ARRAY):
        dimensions = "" if type_.dimensions is None else f", dimensions={type_.dimensions}"
        item: Any = _made_type(on_server(type_.item_type))
        return _Made(f"{item.text}{'[]' * (type_.dimensions or 1)}", f"ARRAY(postgresql.{item.shown}{dimensions})")
    inner: Any = type_
    schema = f", schema={str(inner.schema)!r}" if inner.schema else ""
    text = ident(inner.schema or "", str(inner.name))
    if isinstance(type_, Enum):
        values = "".join(f"{value!r}, " for value in type_.enums)
        return _Made(text, f"ENUM({values}name={str(inner.name)!r}{schema}, create_type=False)")
    return _Made(text, _domain(f"{str(inner.name)!r}", on_server(inner.data_type).compile(_dialect()), schema))


def _domain(name: str, text: str, schema: str) -> str:
    """A DOMAIN as a revision has it: SQLAlchemy's only type that is written as a bare name."""
    found = _WRITTEN.fullmatch(text)
    base = found[0] if found and hasattr(postgresql, found[1]) else "TEXT"  # nothing is made of it
    return f"DOMAIN({name}, postgresql.{base}{'' if base.endswith(')') else '()'}{schema}, create_type=False)"


_WRITTEN = re.compile(r"([A-Z]+)(?:\([\d, ]+\))?")
_TEXT = re.compile(r"(.*?)(\(.*\))?((?:\[\])*)", re.DOTALL)


def as_it_is(column: Column[Any], table: Key, now: Snapshot, schema: str) -> Column[Any]:
    """A column as the catalog has it, where SQLAlchemy tells it otherwise; ``schema`` is the default one."""
    stored = now.objects.get(table)
    text = dict(stored.columns).get(str(column.name)) if stored is not None else None
    if stored is None or text is None:
        return column
    made, changed = copy(column), False  # the user's own stays as it is
    type_ = _read(column.type, text, now, schema)
    if type_ is not column.type:
        made.type, changed = type_, True
        made.__dict__.pop("comparator", None)
    not_null, default = kinds()[table.kind].of_column(stored, str(column.name))
    if column.nullable is False and not not_null and not column.primary_key:
        made.nullable, changed = True, True
    if column.server_default is not None and not default and not (column.computed or column.identity):
        made.server_default, changed = None, True
    return made if changed else column


def _read(type_: TypeEngine[Any], text: str, now: Snapshot, schema: str) -> TypeEngine[Any]:
    """The type of this text; what was reflected, if it is the same."""
    base, modifiers, array = _TEXT.fullmatch(text).groups("")  # type: ignore[union-attr]
    found = _named(type_)
    if found is not None and ident(found.schema or schema, str(found.name)) == base:
        return type_
    if isinstance(type_, _Made) and type_.text in (text, unqualify(text, schema)):
        return type_
    if not isinstance(_item(type_), NullType) and not _is_ours(base, now):
        return type_
    *before, name = parts(base)
    shown = repr(name)
    if modifiers:
        shown, before = f"sa.quoted_name({base + modifiers!r}, False)", []
    inner = f", schema={before[0]!r}" if before and before[0] != schema else ""
    made = _domain(shown, "", inner)
    return _Made(text, f"ARRAY(postgresql.{made})" if array else made)


def _is_ours(base: str, now: Snapshot) -> bool:
    """Whether a type is one that a user made."""
    names = parts(base)
    return len(names) == 2 and any(Key(name, *names) in now for name, kind in kinds().items() if kind.moves)
