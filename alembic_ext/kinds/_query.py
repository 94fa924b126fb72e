"""What views and materialized views have in common as declarations: a query, and the Table that stands for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.edit import dedented

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.sql import Executable
    from sqlalchemy.types import TypeEngine

    Col = str | Column[Any] | tuple[str, TypeEngine[Any] | type[TypeEngine[Any]]]
    Query = str | Executable


_STATEMENT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*create\b", re.IGNORECASE | re.DOTALL)


def is_statement(text: str) -> bool:
    """Whether it is a whole CREATE statement."""
    return _STATEMENT.match(text) is not None


def _is_query(construct: Any) -> bool:
    """Whether SQLAlchemy can write it as a query; a mapped class, a Table and an INSERT are none."""
    if isinstance(construct, type) or getattr(construct, "is_dml", False):
        return False
    return hasattr(construct, "compile") and getattr(construct, "__visit_name__", "") != "table"


@entity
class DeclaredQuery(Entity):
    """A view, plain or materialized."""

    name: str
    query: Query
    """A ``select()``, or SQL text."""
    _: KW_ONLY
    columns: Sequence[Col] | None = field(default=None, hash=False)
    """Names of the columns, or the columns with their types: ``Column("id", Integer)``, ``("id", Integer)``."""
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.query, str) and is_statement(self.query):
            name = type(self).__name__
            help = f"give the query alone; {name}.from_sql(…) and register(metadata, …) take whole statements"
            raise self._invalid("its query is a CREATE statement", help)
        if isinstance(self.query, str) and not self.query.strip():
            raise self._invalid("its query is empty", "give a select(), or SQL text")
        if not isinstance(self.query, str) and not _is_query(self.query):
            raise self._invalid(f"its query is no query: {self.query!r}", "give a select(…), or SQL text")

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        return {**super()._read(tree), "query": ""}

    @cached_property
    def table(self) -> Table:
        """A Table to query, or to map read-only: ``__table__ = view.table``, with ``primary_key`` in __mapper_args__.

        It stands in a MetaData of its own, so neither Alembic nor ``create_all()`` takes it for a table. It has the
        columns of the ``select()``, or those that were given; see `reflect` for a view without either.

        Raises:
            DeclarationError: the columns are not known.
        """
        from sqlalchemy import MetaData, Table

        columns = self._typed()
        if columns is None:
            raise self._invalid(
                "its columns are not known without a connection",
                "give columns=[Column(…), …], declare it as a select(), or call reflect(connection)",
            )
        return Table(self.name, MetaData(), *columns, schema=self.schema)

    def reflect(self, connection: Connection) -> Table:
        """The Table, its columns read from the database; for a view that is declared as text."""
        from sqlalchemy import MetaData, Table

        return Table(self.name, MetaData(), schema=self.schema, autoload_with=connection)

    def _typed(self) -> list[Column[Any]] | None:
        from sqlalchemy import Column

        selected: list[Any] = [] if isinstance(self.query, str) else list(getattr(self.query, "selected_columns", ()))
        if self.columns is None:
            return [Column(column.name, column.type) for column in selected] or None
        types = [column.type for column in selected] + [None] * len(self.columns)
        return [
            Column(column, type_)
            if isinstance(column, str)
            else Column(*column)
            if isinstance(column, tuple)
            else Column(column.name, column.type)
            for column, type_ in zip(self.columns, types, strict=False)
        ]

    def _identity(self) -> str:
        return ident(self.schema or "", self.name)

    def _column_list(self) -> str:
        if self.columns is None:
            return ""
        names = [
            column if isinstance(column, str) else column[0] if isinstance(column, tuple) else column.name
            for column in self.columns
        ]
        return f" ({', '.join(ident(name) for name in names)})"

    def _query(self) -> str:
        if isinstance(self.query, str):
            return dedented(self.query)
        from alembic_ext.entity.selectable import rendered

        return rendered(self.query, f"the query of {self}", self.source)

    def _attached(self) -> tuple[str, ...]:
        word, identity = self.KIND.name.upper(), self._identity()
        return (
            *comment_on(word, identity, self.comment),
            *owned_by(word, identity, self.owner),
            *granted(identity, self.grants),
        )

    def __str__(self) -> str:
        return f"{self.KIND.name} {self._identity()}"
