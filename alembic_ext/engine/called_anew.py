"""Alembic's operations once objects have their new names: some change nothing, some bring back what has one.

Alembic compares the text of an index, or of a default, with what it has reflected before anything was renamed. Its
operation would do no harm on the way there; on the way back it would speak of the old name too early.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import MetaData, Table, inspect
from sqlalchemy.event import listen
from sqlalchemy.exc import NoSuchTableError

from alembic_ext import catalog
from alembic_ext.engine import autogen
from alembic_ext.operations import rendered
from alembic_ext.session import through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.ddl.impl import DefaultImpl

    from alembic_ext.sandbox import Sandbox


_WORD = re.compile(r"\w+")


def without(
    operations: Sequence[ops.MigrateOperation], names: Collection[str], place: Sandbox, context: AutogenContext
) -> list[ops.MigrateOperation]:
    """The operations but for those that speak of these names and, tried in this sandbox, leave all as it is.

    The sandbox has the new names, and is left as it was.
    """
    own = autogen.rendering(context)
    tried = [(group, rendered.body(own, _like(table, group))) for table, group in _groups(operations)]
    marks = _marks(names)
    tried = [(group, body) for group, body in tried if _speaks(body, marks)]
    if not tried:
        return list(operations)
    needless: set[int] = set()
    with rendered.runner(place.engine, rendered.header(own)) as run:
        query = through(run.connection)
        before = _definitions(query, run.version)
        for group, body in tried:
            savepoint = run.connection.begin_nested()
            if run.attempt(body) is None and _definitions(query, run.version) == before:
                needless |= {id(one) for one in group}
            savepoint.rollback()
    return list(_left(operations, needless))


def _marks(names: Collection[str]) -> set[str]:
    """What names are found by in a rendered text, where a quote in one may stand otherwise."""
    return {max(_WORD.findall(name) or [""], key=len) for name in names}


def _speaks(body: str, marks: Collection[str]) -> bool:
    return not set(marks).isdisjoint(_WORD.findall(body))


def as_called(
    operations: Sequence[ops.MigrateOperation], names: Collection[str], place: Sandbox, context: AutogenContext
) -> list[ops.MigrateOperation]:
    """The operations that, reversed, bring back what speaks of these names; as that is called in this sandbox.

    The names are old, the sandbox has the new ones.
    """
    own, marks, impl = autogen.rendering(context), _marks(names), context.migration_context.impl

    def again(operation: Any) -> Any:
        if isinstance(operation, ops.ModifyTableOps):
            return _like(operation, [again(one) for one in operation.ops])
        if not isinstance(operation, (ops.DropIndexOp, ops.DropColumnOp, ops.DropTableOp, ops.AlterColumnOp)):
            return operation
        body = rendered.body(own, operation.reverse())
        return _reflected(operation, place, impl) if _speaks(body, marks) else operation

    return [again(operation) for operation in operations]


def _reflected(operation: Any, place: Sandbox, impl: DefaultImpl) -> Any:
    """An operation with what it takes away as it is reflected there."""
    with place.engine.connect() as connection:
        inspector, table = inspect(connection), Table(operation.table_name, MetaData(), schema=operation.schema)
        listen(table, "column_reflect", impl._compat_autogen_column_reflect(inspector))  # as Alembic reflects
        try:
            inspector.reflect_table(table, None)
        except NoSuchTableError:  # the sandbox could not hold it
            return operation
    if isinstance(operation, ops.DropTableOp):
        return ops.DropTableOp.from_table(table)
    if isinstance(operation, ops.DropIndexOp):
        found = next((index for index in table.indexes if index.name == operation.index_name), None)
        return operation if found is None else ops.DropIndexOp.from_index(found)
    column = table.columns[operation.column_name]
    if isinstance(operation, ops.DropColumnOp):
        return ops.DropColumnOp.from_column_and_tablename(operation.schema, table.name, column)
    made = copy(operation)
    if made.existing_server_default not in (None, False):
        made.existing_server_default = column.server_default
    if made.existing_type is not None:
        made.existing_type = column.type
    return made


def _definitions(query: Any, version: int) -> dict[Any, tuple[str, ...]]:
    return {key: stored.definition for key, stored in catalog.read(query, version, named=False).objects.items()}


def _groups(operations: Sequence[ops.MigrateOperation]) -> Iterator[tuple[ops.ModifyTableOps, list[Any]]]:
    """What is to be tried together: an index that goes and comes back, a change of a column."""
    for table in operations:
        if not isinstance(table, ops.ModifyTableOps):
            continue
        going: dict[str, ops.DropIndexOp] = {}
        for one in table.ops:
            if isinstance(one, ops.DropIndexOp):
                going[str(one.index_name)] = one
            elif isinstance(one, ops.CreateIndexOp) and str(one.index_name) in going:
                yield table, [going[str(one.index_name)], one]
            elif isinstance(one, ops.AlterColumnOp):
                yield table, [one]


def _like(table: ops.ModifyTableOps, group: list[Any]) -> ops.ModifyTableOps:
    made = copy(table)
    made.ops = group
    return made


def _left(operations: Sequence[ops.MigrateOperation], needless: set[int]) -> Iterator[ops.MigrateOperation]:
    for table in operations:
        if isinstance(table, ops.ModifyTableOps) and any(id(one) in needless for one in table.ops):
            if kept := [one for one in table.ops if id(one) not in needless]:
                yield _like(table, kept)
        else:
            yield table
