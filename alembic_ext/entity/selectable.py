"""SQLAlchemy's constructs as SQL text for PostgreSQL, with all values written out."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext.edit import tidy

if TYPE_CHECKING:
    from sqlalchemy import Index, Table
    from sqlalchemy.engine import Dialect


def rendered(construct: Any, what: str, source: str) -> str:
    """The text of a ``select()`` or another construct.

    Raises:
        DeclarationError: a value or an expression in it cannot be written as SQL text.
    """
    from sqlalchemy.exc import SQLAlchemyError

    if culprit := next(filter(None, map(_unwritable, _parameters(construct))), ""):
        raise _refused(what, source, culprit)
    try:
        text = str(construct.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
    except (SQLAlchemyError, NotImplementedError, LookupError, TypeError, ValueError) as error:
        raise _refused(what, source, str(error).partition("\n")[0].strip()) from error
    return tidy(text)


def rendered_type(type_: Any, source: str) -> str:
    """The text of a type of SQLAlchemy's, given as a class or as a value."""
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.types import to_instance

    try:
        return str(to_instance(type_).compile(dialect=_dialect()))
    except (SQLAlchemyError, TypeError, AttributeError) as error:
        raise DeclarationError(
            f"the type {type_!r} cannot be written as SQL text: {str(error).partition(chr(10))[0].strip()}",
            where=source,
            help="give it as SQL text",
        ) from error


def _refused(what: str, source: str, culprit: str) -> DeclarationError:
    return DeclarationError(
        f"{what} cannot be written as SQL text: {culprit}",
        where=source,
        help="use sqlalchemy.literal_column() or text() for it, or declare the query as SQL text",
    )


def _dialect() -> Dialect:
    from sqlalchemy.dialects.postgresql.base import PGDialect

    # "named", or every % would be doubled; and constants as standard_conforming_strings = on reads them.
    make: Any = PGDialect
    dialect: Dialect = make(paramstyle="named")
    dialect._backslash_escapes = False  # type: ignore[attr-defined]
    return dialect


def _parameters(construct: Any) -> Iterator[Any]:
    from sqlalchemy.sql.visitors import iterate

    construct = getattr(construct, "selectable", construct)
    return (element for element in iterate(construct) if element.__visit_name__ == "bindparam")


def _unwritable(parameter: Any) -> str:
    """Why the value of a parameter cannot be written as it is meant, or ''."""
    from sqlalchemy.exc import SQLAlchemyError

    value = parameter.effective_value
    if parameter.required:  # it would be written as NULL
        return f"the parameter {parameter.key!r} has no value"
    if isinstance(value, (bytes, bytearray, memoryview)) or (isinstance(value, float) and not isfinite(value)):
        return f"the value {value!r}"  # it would be written as text, or as the name of a column
    try:
        parameter.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True})
    except (SQLAlchemyError, NotImplementedError, TypeError, ValueError, AttributeError):
        return f"the value {value!r} of type {parameter.type!r}"
    return ""


def from_table(table: Table) -> Iterator[str]:
    """The statements that make a Table which SQLAlchemy makes from a query, and its indexes."""
    construct: Any = table._creator_ddl  # SQLAlchemy 2.1 has a public way to set it, and none to read it
    text = rendered(construct, f"the query of {table.fullname}", f"the Table {table.fullname}")
    head, _, query = text.partition(" AS SELECT ")
    yield f"{head} AS\nSELECT {query}" if query else text
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield index_text(index, table.fullname, f"the Table {table.fullname}")


def index_text(index: Index, name: str, source: str) -> str:
    """The CREATE INDEX statement of an Index that has a table."""
    from sqlalchemy.schema import CreateIndex

    return rendered(CreateIndex(index), f"the index {index.name} of {name}", source)
