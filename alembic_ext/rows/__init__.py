"""Reference rows: rows of a table that belong to the project as its tables do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from alembic_ext.entity import declared_at
from alembic_ext.entity.registered import each, registered
from alembic_ext.errors import DeclarationError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from alembic_ext.rows.declared import Seed

Mode = Literal["insert", "upsert", "sync"]


@dataclass(frozen=True, repr=False)
class Rows:
    """Rows that a table shall have: a list of countries, of states, of permissions.

    They are given to `register` like all else, compared with the rows that are there, and what differs is written into
    the revision as INSERT, UPDATE and DELETE, with the exact reverse in its downgrade:

    >>> Rows("country", [{"code": "de", "name": "Germany"}, {"code": "fr", "name": "France"}], mode="sync")
    Rows('country', 2 rows, mode='sync')

    Args:
        table: a mapped class, a Table, or the name of one (``"country"``, ``"geo.country"``).
        rows: mappings of columns (or attributes of the class) to Python values, as one would insert them; the types of
            the columns in the models are applied, TypeDecorators and Enums too. None is NULL (``JSON.NULL`` is JSON's).
            Where the models do not know the table, a dict is JSON, and a list is an array. SQL expressions are refused:
            leave the column out and let the database fill it in.
        mode: ``"insert"`` adds rows whose key is missing and touches nothing else. ``"upsert"`` also sets columns of
            declared rows that differ. ``"sync"`` also deletes rows that are not declared: the whole table is ours.
        key: the column or columns that tell rows apart; by default the primary key. Every row gives them.
        limit: more rows than these, declared or found by ``"sync"``, are an error: what is compared row by row and
            written into a revision is meant to be small.

    A column that a row leaves out is not compared, and gets its default where the row is added. Values are compared as
    the server prints them once they have the type of their column; numbers and JSON by their value.

    Statements on rows stand at the end of an upgrade and at the beginning of a downgrade: all tables, types and
    functions are there, and so are the triggers, which fire for these rows as for any that an application writes, in
    the revision that makes the table as in every later one. Tables that refer to each other are filled in that order
    and emptied in the reverse one. Where the models and the rows of one revision need an order of their own, write two.

    A column GENERATED ALWAYS AS IDENTITY takes declared values with OVERRIDING SYSTEM VALUE. Sequences are not touched:
    where rows give values to a serial or identity column, leave the application room above them, or use ``setval``.
    Rows that refer to a deleted one with ON DELETE CASCADE go along, and do not come back.

    Autogenerate reads the table with one SELECT: of the declared rows only, and of the given columns only, but for
    ``"sync"``, where deleted rows have to come back whole. Nothing of them is logged. They are proved in a sandbox that
    holds what was read, and no other data: where that does not do, the revision says so. The hook ``include_object``
    sees the type ``"rows"`` and the name of the table. Rows that are declared no more stay as they are.

    Several declarations for one table add up, where mode, key and limit are the same.

    https://www.postgresql.org/docs/current/dml.html
    """

    table: Any
    rows: Iterable[Mapping[str, Any]]
    _: KW_ONLY
    mode: Mode = "upsert"
    key: str | Sequence[str] | None = None
    limit: int = 1000
    source: str = field(default="", init=False, compare=False)
    """Where it was declared: ``file:line``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", declared_at())
        given: tuple[Any, ...] = (self.rows,) if isinstance(self.rows, Mapping) else tuple(self.rows)
        if wrong := [row for row in given if not isinstance(row, Mapping)]:
            raise self.invalid(f"a row is a {type(wrong[0]).__name__}", 'give mappings: {"code": "de", …}')
        object.__setattr__(self, "rows", tuple(map(dict, given)))
        key = (self.key,) if isinstance(self.key, str) else None if self.key is None else tuple(self.key)
        object.__setattr__(self, "key", key)
        if self.mode not in get_args(Mode):
            allowed = ", ".join(map(repr, get_args(Mode)))
            raise self.invalid(f"mode={self.mode!r} is unknown", f"give one of {allowed}")
        if key == ():
            raise self.invalid("key=() names no column", "omit it, or name a column")

    def __repr__(self) -> str:
        """Without the rows: they are the user's affair."""
        table = getattr(self.table, "__name__", None) or getattr(self.table, "fullname", self.table)
        count = len(self.rows) if isinstance(self.rows, tuple) else 0
        return f"Rows({table!r}, {count} row{'s' * (count != 1)}, mode={self.mode!r})"

    def invalid(self, problem: str, help: str) -> DeclarationError:
        """An error that names this declaration."""
        return DeclarationError(f"{self!r}: {problem}", where=self.source, help=help)


def collect(metadata: MetaData | Sequence[MetaData] | None) -> tuple[Seed, ...]:
    """The declared rows of one or several MetaData, one value for each table; what reads them is imported for them.

    Raises:
        DeclarationError: a column does not exist, a value cannot be written, two declarations do not agree.
    """
    every = each(metadata)
    if not any(isinstance(item.value, Rows) for one in every for item in registered(one)):
        return ()
    from alembic_ext.rows import declared

    return declared.collect(every)
