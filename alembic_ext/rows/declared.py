"""What was declared about rows, as flat values: tables by name, and the text of every value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from alembic_ext.entity.registered import registered
from alembic_ext.errors import DeclarationError
from alembic_ext.rows import Rows
from alembic_ext.rows.texts import Unwritable, text_of
from alembic_ext.sqltext import ident, parts

if TYPE_CHECKING:
    from sqlalchemy import MetaData

Row = Mapping[str, "str | None"]
"""The text of each column, None for NULL."""


@dataclass(frozen=True)
class Seed:
    """The declared rows of one table; ``schema`` is '' for the default one, ``key`` empty for the primary key."""

    schema: str
    name: str
    mode: str
    key: tuple[str, ...]
    limit: int
    rows: tuple[Row, ...] = field(hash=False)
    source: str

    @property
    def table(self) -> str:
        """Its name as SQL has it."""
        return ident(self.schema, self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that any row gives, in the order in which they come up."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    def invalid(self, problem: str, help: str, server: str = "") -> DeclarationError:
        return DeclarationError(f"rows of {self.table}: {problem}", where=self.source, server=server, help=help)


def collect(every: Sequence[MetaData]) -> tuple[Seed, ...]:
    """The declared rows of some MetaData, one value for each table."""
    found: dict[str, Seed] = {}
    for one in every:
        for seed in _seeds(one):
            other = found.setdefault(seed.table, seed)
            if other is seed:
                continue
            if (other.mode, other.key, other.limit) != (seed.mode, seed.key, seed.limit):
                raise DeclarationError(
                    f"rows of {seed.table} are declared twice, and differently",
                    where=f"{other.source} and {seed.source}",
                    help="give both the same mode, key and limit",
                )
            found[seed.table] = replace(other, rows=(*other.rows, *seed.rows))
    for seed in found.values():
        if len(seed.rows) > seed.limit:
            raise seed.invalid(
                f"{len(seed.rows)} are declared, and the limit is {seed.limit}",
                "raise limit=…, or load them in another way: rows of a revision are meant to be few",
            )
    return tuple(found.values())


def _seeds(metadata: MetaData) -> Iterator[Seed]:
    for item in registered(metadata):
        if isinstance(item.value, Rows):
            yield _seed(item.value, metadata)


def _seed(rows: Rows, metadata: MetaData) -> Seed:
    schema, name, columns = _table(rows, metadata)
    key: Any = rows.key or ()
    texts = tuple(_row(rows, number, row, columns) for number, row in enumerate(rows.rows, 1))
    names = tuple(_column(rows, word, columns).name for word in key)
    return Seed(schema, name, rows.mode, names, rows.limit, texts, rows.source)


@dataclass(frozen=True)
class _Column:
    name: str
    type: Any = None


_Columns = Mapping[str, _Column]


def _table(rows: Rows, metadata: MetaData) -> tuple[str, str, _Columns | None]:
    """Schema and name of the table, and its columns by all the words that may mean them, where models have it."""
    from sqlalchemy import Table, inspect

    given = rows.table
    if isinstance(given, str):
        *schema, name = parts(given) or [""]
        if not name or len(schema) > 1:
            raise rows.invalid(f"{given!r} is not the name of a table", 'give "name" or "schema.name"')
        place = "".join(schema) or metadata.schema
        found = next((one for one in metadata.tables.values() if (one.schema, one.name) == (place, name)), None)
        return place or "", name, None if found is None else _of_table(found)
    if isinstance(given, Table):
        return given.schema or "", given.name, _of_table(given)
    mapper: Any = inspect(given, raiseerr=False) if isinstance(given, type) else None
    if mapper is None or not isinstance(mapper.local_table, Table):
        raise rows.invalid("the table is none", "give a mapped class, a Table, or the name of a table")
    table = mapper.local_table
    attributes = {
        key: _Column(column.name, column.type) for key, column in mapper.columns.items() if column.table is table
    }
    return table.schema or "", table.name, {**_of_table(table), **attributes}


def _of_table(table: Any) -> _Columns:
    columns = {column.name: _Column(column.name, column.type) for column in table.columns}
    return {**columns, **{column.key: columns[column.name] for column in table.columns}}


def _column(rows: Rows, word: str, columns: _Columns | None) -> _Column:
    if columns is None:
        return _Column(word)
    if word not in columns:
        raise rows.invalid(f"there is no column {word!r}", f"the columns are {', '.join(columns)}")
    return columns[word]


def _row(rows: Rows, number: int, row: Mapping[str, Any], columns: _Columns | None) -> Row:
    found = {}
    for word, value in row.items():
        column = _column(rows, word, columns)
        try:
            found[column.name] = text_of(value, column.type)
        except Unwritable as error:
            raise rows.invalid(
                f"row {number}, column {column.name!r}: the value cannot be written: {error}", "correct the value"
            ) from error
    return found
