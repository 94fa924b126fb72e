"""Rows that change places: PostgreSQL looks at a unique index after each row, so the one that is left goes first.

Where rows go round in a ring, one of them steps aside with a value that none has; what can be deferred is deferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alembic_ext.rows.declared import Row, Seed
from alembic_ext.rows.shapes import Column, Shape
from alembic_ext.rows.statements import update_of

ASIDE = "a row steps aside with a value of its own: two may not change places under a unique index"

Pair = tuple[Row, Row, Row]
"""The key of a row that changes, its new values and the old ones."""


def in_turn(seed: Seed, shape: Shape, rows: Sequence[Pair]) -> tuple[str, ...]:
    """The UPDATE statements in an order in which no two rows have the same, even between two of them."""
    names = ", ".join(shape.deferrable)
    found = tuple(update_of(seed, shape, key, values) for key, values in _turns(shape, rows) if values)
    return (f"SET CONSTRAINTS {names} DEFERRED", *found, f"SET CONSTRAINTS {names} IMMEDIATE") if names else found


def steps_aside(shape: Shape, rows: Sequence[Pair]) -> bool:
    """Whether one has to."""
    return len(list(_turns(shape, rows))) > len(rows)


def _turns(shape: Shape, rows: Sequence[Pair]) -> Iterator[tuple[Row, Row]]:
    waits = _waits(shape, rows)
    pending = list(range(len(rows)))
    while pending:
        free = next((one for one in pending if not any(waits[one].get(other) for other in pending)), None)
        if free is None:
            free = pending[0]
            for other in [other for other in pending if waits[free].get(other)]:
                aside = {name: _spare(shape.columns[name], name, rows) for name in sorted(waits[free][other])}
                yield rows[other][0], aside
                for others in waits:
                    others[other] = others.get(other, set()) - aside.keys()
        pending.remove(free)
        yield rows[free][0], rows[free][1]


def _waits(shape: Shape, rows: Sequence[Pair]) -> list[dict[int, set[str]]]:
    """For each row those that have what it gets, each with a column of every unique index where that is so."""
    waits: list[dict[int, set[str]]] = [{} for _ in rows]
    for unique in shape.unique:
        has: dict[tuple[tuple[str, str | None], ...], list[int]] = {}
        for number, (_, new, old) in enumerate(rows):
            has.setdefault(_part(unique, {name: old.get(name) for name in new}), []).append(number)
        for number, (_, new, _) in enumerate(rows):
            gets = _part(unique, new)
            for other in has.get(gets, ()) if gets and all(text is not None for _, text in gets) else ():
                if other != number:
                    waits[number].setdefault(other, set()).add(gets[0][0])
    return waits


def _part(unique: Sequence[str], row: Row) -> tuple[tuple[str, str | None], ...]:
    return tuple((name, row[name]) for name in unique if name in row)


_GREATEST = {"int2": "32767", "int4": "2147483647", "int8": "9223372036854775807", "numeric": "NaN", "float4": "NaN",
             "float8": "NaN", "date": "infinity", "timestamp": "infinity", "timestamptz": "infinity",
             "uuid": "ffffffff-ffff-ffff-ffff-ffffffffffff"}  # fmt: skip
_LONG = re.compile(r"\((\d+)\)")


def _spare(column: Column, name: str, rows: Sequence[Pair]) -> str | None:
    """A value that a row may have for a moment; nothing, which the server refuses, where none comes to mind."""
    if column.nullable:
        return None
    taken = {values.get(name) for _, *both in rows for values in both}
    length = int(found[1]) if (found := _LONG.search(column.type)) else 8
    words = [sign * min(8, length) for sign in "~^|"] if column.base in ("text", "varchar", "bpchar") else []
    return next((one for one in (*words, _GREATEST.get(column.base)) if one not in taken), None)
