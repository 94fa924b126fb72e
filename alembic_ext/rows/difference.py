"""What is there, what shall be there, and the statements in between.

The server compares: there, values have the types of their columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic_ext.catalog import settings
from alembic_ext.model import Key, ordered
from alembic_ext.rows.declared import Row, Seed
from alembic_ext.sqltext import ident, literal, one_line_literal

Query = Callable[[str], Sequence[tuple[Any, ...]]]
PRINTING = {"DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "3", "bytea_output": "hex"}
"""Settings under which texts mean the same wherever they are read."""
WIDTH = 88


@dataclass(frozen=True)
class Column:
    """A column as the server has it: its type, whether only OVERRIDING lets values in, whether none can be given.

    ``base`` is the name of the type below domains. It is ``loose`` if it may refer to a row of another such table, or
    be NULL.
    """

    type: str
    base: str
    always: bool
    generated: bool
    nullable: bool
    loose: bool


@dataclass(frozen=True)
class Shape:
    """A table: its columns, its key, and the other tables (by their number) that it refers to.

    ``deferred`` are the constraints of it, and those that refer to it, which are looked at when a transaction ends;
    ``deferrable`` those that forbid equal rows, and may be looked at later than after each statement. ``unique`` are
    the columns of each index that forbids them at once.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    refers: frozenset[int]
    deferred: tuple[str, ...]
    deferrable: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()


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


_CONSTRAINT = """CASE WHEN n.nspname <> current_schema() THEN quote_ident(n.nspname) || '.' ELSE '' END
                            || quote_ident(c.conname)
                     FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace"""


def shapes(query: Query, seeds: Sequence[Seed]) -> dict[Seed, Shape]:
    """The tables that are there."""
    wanted = ", ".join(f"({number}, to_regclass({literal(seed.table)}))" for number, seed in enumerate(seeds))
    rows = query(f"""
        WITH wanted (n, relation) AS (VALUES {wanted})
        SELECT w.n, a.attname::text, format_type(a.atttypid, a.atttypmod), b.typname::text, a.attidentity::text = 'a',
               a.attgenerated::text <> '', NOT a.attnotnull AND NOT t.typnotnull,
               NOT a.attnotnull AND EXISTS (
                 SELECT FROM pg_catalog.pg_constraint c JOIN wanted o ON o.relation = c.confrelid
                 WHERE c.conrelid = w.relation AND c.contype = 'f' AND a.attnum = ANY (c.conkey)),
               ARRAY(SELECT i.indexrelid::bigint FROM pg_catalog.pg_index i
                     WHERE i.indrelid = w.relation AND i.indisunique AND i.indimmediate
                       AND a.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1])),
               ARRAY(SELECT {_CONSTRAINT} WHERE c.condeferrable AND NOT c.condeferred AND w.relation = c.conrelid
                       AND c.contype IN ('p', 'u', 'x') AND c.conparentid = 0 ORDER BY 1),
               array_position(p.conkey, a.attnum),
               ARRAY(SELECT o.n FROM wanted o JOIN pg_catalog.pg_constraint c ON c.confrelid = o.relation
                     WHERE c.conrelid = w.relation AND c.contype = 'f'),
               ARRAY(SELECT {_CONSTRAINT}
                     WHERE c.condeferred AND w.relation IN (c.conrelid, c.confrelid) AND c.conparentid = 0)
        FROM wanted w
        JOIN pg_catalog.pg_attribute a ON a.attrelid = w.relation AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
        LEFT JOIN pg_catalog.pg_constraint p ON p.conrelid = w.relation AND p.contype = 'p'
        ORDER BY w.n, a.attnum""")
    found = {}
    for number, seed in enumerate(seeds):
        own = [row for row in rows if row[0] == number]
        if not own:
            continue
        columns = {name: Column(*said) for _, name, *said, _, _, _, _, _ in own}
        unique: dict[int, list[str]] = {}
        for _, name, *_, indexes, _, _, _, _ in own:
            for index in indexes:
                unique.setdefault(index, []).append(name)
        primary = [row[1] for row in sorted(own, key=lambda row: row[-3] or 0) if row[-3] is not None]
        *_, deferrable, _, refers, deferred = own[0]
        found[seed] = Shape(
            columns,
            seed.key or tuple(primary),
            frozenset(refers) - {number},
            tuple(deferred),
            tuple(deferrable),
            tuple(tuple(unique[index]) for index in sorted(unique)),
        )
    return found


def checked(seed: Seed, shape: Shape) -> Shape:
    """The shape, if the declaration fits it.

    Raises:
        DeclarationError: there is no key, or a row does not give it; a column does not exist, or takes no values.
    """
    if not shape.key:
        raise seed.invalid("the table has no primary key", "say by which columns to tell rows apart: key=…")
    for name in dict.fromkeys((*shape.key, *seed.columns)):
        if name not in shape.columns:
            raise seed.invalid(f"there is no column {name!r}", f"the columns are {', '.join(shape.columns)}")
        if shape.columns[name].generated:
            raise seed.invalid(f"the column {name!r} is generated", "leave it out: the database computes it")
    seen: dict[tuple[str | None, ...], int] = {}
    for number, row in enumerate(seed.rows, 1):
        if missing := [name for name in shape.key if row.get(name) is None]:
            raise seed.invalid(f"row {number} has no value for {missing[0]!r}, which is in the key", "give one")
        other = seen.setdefault(_values(row, shape.key), number)
        if other != number:
            raise seed.invalid(f"rows {other} and {number} have the same key", "keep one of them")
    return shape


def in_order(seeds: Sequence[Seed], found: Mapping[Seed, Shape]) -> list[Seed]:
    """Each table after those that it refers to; else by name."""
    keys = {number: Key("", seed.schema, seed.name) for number, seed in enumerate(seeds)}
    numbers = {key: number for number, key in keys.items()}
    needs = {
        keys[number]: [keys[other] for other in found[seed].refers if other in keys] if seed in found else []
        for number, seed in enumerate(seeds)
    }
    return [seeds[numbers[key]] for key in ordered(set(numbers), needs, {})]


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
        where = f" WHERE {_keys(shape, seed.rows)}"
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
    keys = [_values(one.row, shape.key) for one in found if one.row is not None]
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


# ------------------------------------------------------------------------------------------------------ statements


def insert(seed: Seed, shape: Shape, rows: Sequence[Row]) -> tuple[str, ...]:
    """One INSERT of these rows, each on a line of its own."""
    if not rows:
        return ()
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [
        "(" + ", ".join(_constant(row[name], shape, name) if name in row else "DEFAULT" for name in names) + ")"
        for row in rows
    ]
    overriding = " OVERRIDING SYSTEM VALUE" if any(shape.columns[name].always for name in names) else ""
    head = f"INSERT INTO {seed.table} ({', '.join(map(ident, names))}){overriding} VALUES"
    return (head + "\n  " + ",\n  ".join(lines),)


def update(seed: Seed, shape: Shape, rows: Iterable[tuple[Row, Row]]) -> tuple[str, ...]:
    """One UPDATE for each pair of a key and the values that its row gets."""
    return tuple(update_of(seed, shape, key, values) for key, values in rows if values)


def update_of(seed: Seed, shape: Shape, key: Row, values: Row) -> str:
    """The UPDATE of the row with this key."""
    what = ", ".join(f"{ident(name)} = {_constant(text, shape, name)}" for name, text in values.items())
    return f"UPDATE {seed.table} SET {what} WHERE {_keys(shape, [key])}"


def delete(seed: Seed, shape: Shape, rows: Sequence[Row]) -> tuple[str, ...]:
    """One DELETE of the rows with these keys."""
    return (f"DELETE FROM {seed.table} WHERE {_keys(shape, rows)}",) if rows else ()


def _keys(shape: Shape, rows: Sequence[Row]) -> str:
    """The condition that a row has one of these keys."""
    if len(rows) == 1:
        return " AND ".join(f"{ident(name)} = {_constant(rows[0][name], shape, name)}" for name in shape.key)
    tuples = [", ".join(_constant(row[name], shape, name) for name in shape.key) for row in rows]
    left = ", ".join(map(ident, shape.key))
    if len(shape.key) > 1:
        left, tuples = f"({left})", [f"({one})" for one in tuples]
    flat = ", ".join(tuples)
    return f"{left} IN ({flat})" if len(flat) <= WIDTH else f"{left} IN (\n  " + ",\n  ".join(tuples) + "\n)"


_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WHOLE = re.compile(r"smallint|integer|bigint")
_BARE = re.compile(r"(smallint|integer|bigint|numeric(\(.*\))?)")


def _constant(text: str | None, shape: Shape, name: str) -> str:
    """A value as it stands in a statement; the column gives it its type."""
    type_ = shape.columns[name].type
    if text is None:
        return "NULL"
    if type_ == "boolean" and text in ("true", "false"):
        return text
    if _BARE.fullmatch(type_) and _NUMBER.fullmatch(text) and not (_WHOLE.fullmatch(type_) and "." in text):
        return text
    return one_line_literal(text)


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


def _values(row: Row | None, names: Iterable[str]) -> tuple[str | None, ...]:
    return tuple((row or {}).get(name) for name in names)
