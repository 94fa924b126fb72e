"""What the tables are like that rows are declared for, as the server has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_ext.model import Key, ordered
from alembic_ext.rows.declared import Row, Seed
from alembic_ext.sqltext import literal

Query = Callable[[str], Sequence[tuple[Any, ...]]]


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
        other = seen.setdefault(values_in(row, shape.key), number)
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


def values_in(row: Row | None, names: Iterable[str]) -> tuple[str | None, ...]:
    """What a row has in these columns; None where it says nothing of one."""
    return tuple((row or {}).get(name) for name in names)
