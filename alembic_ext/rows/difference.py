"""What is there, what shall be there, and what has to be done in between.

The server compares: there, values have the types of their columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from alembic_ext.catalog import settings
from alembic_ext.rows.declared import Row, Seed
from alembic_ext.rows.shapes import Column, Query, Shape, values_in
from alembic_ext.rows.statements import keyed
from alembic_ext.sqltext import ident, literal

PRINTING = {"DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "3", "bytea_output": "hex"}
"""Settings under which texts mean the same wherever they are read."""


@dataclass(frozen=True)
class Found:
    """A declared row, by its number, and the row with its key; one of them may be missing.

    ``differs`` are the given columns that are not equal.
    """

    number: int | None
    row: Row | None
    differs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """What has to be done to one table: rows that come, the new and old values of rows that change, rows that go."""

    added: tuple[Row, ...] = ()
    changed: tuple[tuple[Row, Row, Row], ...] = ()
    removed: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@contextmanager
def printed(query: Query) -> Iterator[Query]:
    """The same session, printing values in a way that does not depend on its settings."""
    with settings(query, PRINTING):
        yield query


def raw(query: Query, seed: Seed, shape: Shape) -> tuple[Row, ...]:
    """The rows that a declaration is about, as texts: all of them for sync, else those with a declared key.

    Raises:
        DeclarationError: there are more than the limit.
    """
    names = [name for name in _read(seed, shape) if name in shape.columns]
    where = ""
    if seed.mode != "sync":
        if not seed.rows:
            return ()
        where = f" WHERE {keyed(shape, seed.rows)}"
    texts = ", ".join(f"{ident(name)}::text" for name in names)
    order = ", ".join(map(ident, shape.key))
    rows = query(f"SELECT {texts} FROM {seed.table}{where} ORDER BY {order} LIMIT {seed.limit + 1}")
    return _within(seed, [dict(zip(names, row, strict=True)) for row in rows])


def _within(seed: Seed, rows: Sequence[Row]) -> tuple[Row, ...]:
    if len(rows) > seed.limit:
        raise seed.invalid(
            f"the table holds more than {seed.limit} rows, and mode={seed.mode!r} would compare all",
            "raise limit=…, or say mode='upsert', which looks at declared rows only",
        )
    return tuple(rows)


def compared(query: Query, seed: Seed, shape: Shape, source: Sequence[Row] | None = None) -> tuple[Found, ...]:
    """The declared rows beside those that are there, or beside ``source``, which was read elsewhere.

    Raises:
        DeclarationError: there are more than the limit; the key does not tell them apart.
    """
    names = list(_read(seed, shape))
    given = [name for name in seed.columns if name not in shape.key]
    asked = list(dict.fromkeys((*shape.key, *given)))
    places = {name: f"c{number}" for number, name in enumerate(dict.fromkeys((*asked, *names)))}
    declared = _values_of(seed.rows, asked, shape, places)
    if source is None:
        columns = ", ".join(f"{ident(name)} AS {places[name]}" for name in names)
        limit = f" ORDER BY {', '.join(map(ident, shape.key))} LIMIT {seed.limit + 1}" if seed.mode == "sync" else ""
        there = f"(SELECT true AS there, {columns} FROM {seed.table}{limit}) AS t"
    else:
        there = f"(SELECT n IS NOT NULL AS there, v.* FROM {_values_of(source, names, shape, places)} AS v) AS t"
    join = "FULL" if seed.mode == "sync" else "LEFT"
    on = " AND ".join(f"t.{places[name]} = d.{places[name]}" for name in shape.key)
    texts = ", ".join(f"t.{places[name]}::text" for name in names)
    flags = "".join(f", {_differs(shape.columns[name], places[name])}" for name in given)
    order = ", ".join(f"t.{places[name]}" for name in shape.key)
    rows = query(
        f"SELECT d.n, t.there, {texts}{flags} FROM {declared} AS d {join} JOIN {there} ON {on} ORDER BY d.n, {order}"
    )
    _within(seed, [{} for row in rows if row[1]])
    fresh = {name for name in given if source and name not in source[0]}
    found = []
    for number, is_there, *values in rows:
        row = dict(zip(names, values[: len(names)], strict=True))
        differs = {name for name, flag in zip(given, values[len(names) :], strict=True) if flag}
        found.append(Found(number, row if is_there else None, frozenset(differs | fresh)))
    return _told_apart(seed, shape, found)


def _told_apart(seed: Seed, shape: Shape, found: Sequence[Found]) -> tuple[Found, ...]:
    numbers = [one.number for one in found if one.number is not None]
    keys = [values_in(one.row, shape.key) for one in found if one.row is not None]
    if len(numbers) != len(set(numbers)) or len(keys) != len(set(keys)) or any(None in key for key in keys):
        raise seed.invalid(
            f"{', '.join(shape.key)} does not tell the rows apart", "name columns that are unique and not NULL: key=…"
        )
    return tuple(found)


def difference(seed: Seed, shape: Shape, found: Sequence[Found], known: Iterable[str]) -> Change:
    """What leads from the rows that are there to those declared; ``known`` are the columns that were there before."""
    known = frozenset(known)

    def loose(name: str) -> bool:  # a new column goes on the way back, but after the rows that it refers to
        return shape.columns[name].loose

    added, changed, removed = list[Row](), list[tuple[Row, Row, Row]](), list[Row]()
    for one in found:
        if one.number is None:
            removed.append({name: text for name, text in (one.row or {}).items() if name in known})
        elif one.row is None:
            added.append(seed.rows[one.number])
        elif seed.mode != "insert":
            row, old = seed.rows[one.number], one.row
            names = [name for name in row if name in one.differs]
            if names:
                changed.append((
                    {name: old[name] for name in shape.key},
                    {name: row[name] for name in names},
                    {name: old[name] if name in known else None for name in names if name in known or loose(name)},
                ))  # fmt: skip
    return Change(tuple(added), tuple(changed), tuple(removed))


# ------------------------------------------------------------------------------------------------------- comparing

_BY_VALUE = {"numeric", "_numeric", "jsonb", "_jsonb", "numrange"}
"""Types in which equal values may be printed differently: 1 and 1.0."""
_AS = {"json": "jsonb", "_json": "jsonb[]"}
_CUTTING = re.compile(r"^(character varying|character|bit varying|bit)\(\d+\)")
_WIDE = {"character": "bpchar", "bit": "bit varying"}


def _differs(column: Column, place: str) -> str:
    """Whether the two values of a column are not equal. A cast to varchar(2) would cut what does not fit, so it is
    compared as varchar.
    """
    if column.base in _BY_VALUE:
        return f"t.{place} IS DISTINCT FROM d.{place}"
    if column.base in _AS:
        return f"t.{place}::{_AS[column.base]} IS DISTINCT FROM d.{place}::{_AS[column.base]}"
    return f't.{place}::text COLLATE "C" IS DISTINCT FROM d.{place}::text COLLATE "C"'


def _wide(type_: str) -> str:
    return _CUTTING.sub(lambda found: _WIDE.get(found[1], found[1]), type_)


def _values_of(rows: Sequence[Row], names: Sequence[str], shape: Shape, places: Mapping[str, str]) -> str:
    """Rows as a relation with numbers from 0, in the types of their columns; what a row does not give is NULL."""
    types = [_wide(shape.columns[name].type) for name in names]
    columns = ", ".join(places[name] for name in names)
    if not rows:
        nothing = ", ".join(
            f"CAST(NULL AS {type_}) AS {places[name]}" for name, type_ in zip(names, types, strict=True)
        )
        return f"(SELECT NULL::int AS n, {nothing} WHERE false)"
    lines = [
        ", ".join(
            f"CAST({'NULL' if (text := row.get(name)) is None else literal(text)} AS {type_})"
            for name, type_ in zip(names, types, strict=True)
        )
        for row in rows
    ]
    tuples = ", ".join(f"({number}, {line})" for number, line in enumerate(lines))
    return f"(SELECT * FROM (VALUES {tuples}) AS v (n, {columns}))"


def _read(seed: Seed, shape: Shape) -> tuple[str, ...]:
    """The columns that are read: those given and the key; all where rows may go, since they have to come back."""
    if seed.mode == "sync":
        return tuple(name for name, column in shape.columns.items() if not column.generated)
    return tuple(dict.fromkeys((*shape.key, *seed.columns)))
