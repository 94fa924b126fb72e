"""The INSERT, UPDATE and DELETE of rows, as they stand in a revision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from alembic_ext.rows.declared import Row, Seed
from alembic_ext.rows.shapes import Shape
from alembic_ext.sqltext import ident, one_line_literal

WIDTH = 88


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
    return f"UPDATE {seed.table} SET {what} WHERE {keyed(shape, [key])}"


def delete(seed: Seed, shape: Shape, rows: Sequence[Row]) -> tuple[str, ...]:
    """One DELETE of the rows with these keys."""
    return (f"DELETE FROM {seed.table} WHERE {keyed(shape, rows)}",) if rows else ()


def keyed(shape: Shape, rows: Sequence[Row]) -> str:
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
