"""SQLAlchemy's constructs as SQL text for PostgreSQL, with all values written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic_ext.errors import DeclarationError
from alembic_ext.sqledit import tidy

if TYPE_CHECKING:
    from sqlalchemy import Index, Table
    from sqlalchemy.engine import Dialect


def rendered(construct: Any, name: str, source: str) -> str:
    """The text of a ``select()`` or another construct.

    Raises:
        DeclarationError: a value or an expression in it cannot be written as SQL text.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        text = str(construct.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
    except (SQLAlchemyError, NotImplementedError, TypeError, ValueError) as error:
        raise DeclarationError(
            f"the query of {name} cannot be written as SQL text: {_culprit(construct)}", where=source,
            server=str(error).partition("\n(Background")[0].strip(),
            help="use sqlalchemy.literal_column() or text() for it, or declare the query as SQL text",
        ) from error
    return tidy(text)


def _dialect() -> Dialect:
    from sqlalchemy.dialects.postgresql.base import PGDialect

    # "named", or every % would be doubled; and constants as standard_conforming_strings = on reads them.
    make: Any = PGDialect
    dialect: Dialect = make(paramstyle="named")
    dialect._backslash_escapes = False  # type: ignore[attr-defined]
    return dialect


def _culprit(construct: Any) -> str:
    """The innermost expression of a construct that cannot be written."""
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.sql.visitors import iterate

    elements: Iterator[Any] = iterate(construct)
    for element in elements:
        if element.__visit_name__ == "bindparam":
            try:
                element.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True})
            except (SQLAlchemyError, NotImplementedError, TypeError, ValueError):
                if element.value is None:
                    return f"the parameter {element.key!r} has no value"
                return f"the value {element.value!r} of type {element.type!r}"
    return "an expression in it"


def from_table(table: Table) -> Iterator[str]:
    """The statements that make a Table which SQLAlchemy makes from a query, and its indexes."""
    construct: Any = table._creator_ddl  # SQLAlchemy 2.1 has a public way to set it, and none to read it
    text = rendered(construct, table.fullname, f"the Table {table.fullname}")
    head, _, query = text.partition(" AS SELECT ")
    yield f"{head} AS\nSELECT {query}" if query else text
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield index_text(index, table.fullname, f"the Table {table.fullname}")


def index_text(index: Index, name: str, source: str) -> str:
    """The CREATE INDEX statement of an Index that has a table."""
    from sqlalchemy.schema import CreateIndex

    return rendered(CreateIndex(index), name, source)
