"""What Alembic leaves out of an operation and a person has to write: a cast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_ext.sqltext import ident

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

Help = tuple[str, list[ops.MigrateOperation]]
"""A hint for the reader, and operations that do the same with what was missing."""


def ways(context: AutogenContext, operation: ops.MigrateOperation) -> Iterator[Help]:
    """What may help an operation that failed: the same with a cast."""
    inner: Sequence[Any] = operation.ops if isinstance(operation, ops.ModifyTableOps) else [operation]
    cast = [made for one in inner for made in _cast(context, one)]
    casts = [
        f"add postgresql_using={one.kw['postgresql_using']!r} if that is the right cast"
        for one in cast
        if isinstance(one, ops.AlterColumnOp) and "postgresql_using" in one.kw
    ]
    if casts:
        yield "; ".join(casts), cast


def _cast(context: AutogenContext, operation: Any) -> Iterator[ops.MigrateOperation]:
    """An operation, with a cast where it changes a type; a default steps aside: it is cast on its own."""
    if not isinstance(operation, ops.AlterColumnOp) or operation.modify_type is None:
        yield operation
        return
    dialect, changed = context.dialect, copy(operation)
    column, type_ = ident(operation.column_name), operation.modify_type.compile(dialect)
    changed.kw = {**operation.kw, "postgresql_using": f"{column}::{type_}"}
    table = ident(operation.schema or "", operation.table_name)
    default = operation.existing_server_default
    if default is None or default is False or operation.modify_server_default is not False:
        yield changed
        return
    text = getattr(default, "arg", default)
    yield ops.ExecuteSQLOp(f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT")
    yield changed
    yield ops.ExecuteSQLOp(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT ({text})::text::{type_}")
