"""Alembic's own operations, looked at and put into another form; what env.py has given stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

if TYPE_CHECKING:
    from alembic_ext.model import Key, Snapshot

Name = tuple[str, str]


def relation(operation: Any) -> tuple[str | None, str | None]:
    """The schema and name of the table that an operation speaks of, as far as it does."""
    return getattr(operation, "schema", None), getattr(operation, "table_name", None)


def touched(operations: Sequence[ops.MigrateOperation], schema: str) -> frozenset[tuple[str, str]]:
    """The (schema, name) of every table that operations change; for a foreign key, both ends."""
    found: set[tuple[str, str]] = set()
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            found |= touched(operation.ops, schema)
        own, name = relation(operation)
        if name is not None:
            found.add((own or schema, name))
        if isinstance(operation, ops.CreateForeignKeyOp):
            found |= {(own or schema, operation.source_table), (own or schema, operation.referent_table)}
    return frozenset(found)


def without(operations: Sequence[ops.MigrateOperation], tables: Collection[tuple[str, str]], schema: str) -> list[Any]:
    """The operations but for those on some tables, given by schema and name; ``schema`` is the default one."""
    return [one for one in operations if (relation(one)[0] or schema, relation(one)[1]) not in tables]


Part = tuple[str, str, str]
"""An index or a constraint of a table, by its schema, the table and its own name."""


def parts_taken(operations: Sequence[ops.MigrateOperation], schema: str, *, back: bool) -> dict[Part, int]:
    """The parts of tables that operations, or these reversed, take away by name, each with the ``id`` of its own."""
    wanted = (ops.CreateIndexOp, ops.AddConstraintOp) if back else (ops.DropIndexOp, ops.DropConstraintOp)
    found: dict[Part, int] = {}
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            found |= parts_taken(operation.ops, schema, back=back)
        elif isinstance(operation, wanted):
            own: Any = operation
            table, place = getattr(own, "table_name", None), getattr(own, "schema", None)
            if isinstance(operation, ops.CreateForeignKeyOp):
                table, place = operation.source_table, operation.kw.get("source_schema")
            found[place or schema, str(table), str(getattr(own, "index_name", None) or own.constraint_name)] = id(own)
    return found


def columns_taken(operations: Sequence[ops.MigrateOperation], schema: str, *, back: bool) -> dict[Part, int]:
    """As `parts_taken`, the columns that operations take away, and tables, which have the name ''."""
    found: dict[Part, int] = {}
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            found |= columns_taken(operation.ops, schema, back=back)
        elif isinstance(operation, ops.CreateTableOp if back else ops.DropTableOp):
            found[operation.schema or schema, operation.table_name, ""] = id(operation)
        elif isinstance(operation, ops.AddColumnOp if back else ops.DropColumnOp):
            column = operation.column.name if isinstance(operation, ops.AddColumnOp) else operation.column_name
            found[operation.schema or schema, operation.table_name, column] = id(operation)
    return found


def apart(
    operations: Sequence[ops.MigrateOperation], chosen: Collection[int]
) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """Those operations, told by their ``id``, out of what holds them; and what is left."""
    out: list[ops.MigrateOperation] = []
    rest: list[ops.MigrateOperation] = []
    for operation in operations:
        if not isinstance(operation, ops.ModifyTableOps):
            (out if id(operation) in chosen else rest).append(operation)
            continue
        for some, found in zip(apart(operation.ops, chosen), (out, rest), strict=True):
            if some:
                made = copy(operation)
                made.ops = some
                found.append(made)
    return out, rest


def made_again(operations: Sequence[ops.MigrateOperation], now: Snapshot, schema: str) -> list[str]:
    """The tables that Alembic would make though they are there: it has not looked into their schema."""
    from alembic_ext.kinds import kinds

    there = {(key.schema, key.name) for key in now if not kinds()[key.kind].droppable}
    made = [relation(one) for one in operations if isinstance(one, ops.CreateTableOp)]
    return [f"{place}.{name}" for place, name in made if place and place != schema and (place, name) in there]


Change = Callable[[Name, Any], Any]
"""A column of a table, given by its schema and name, in another form; itself where nothing is to be changed."""


def with_columns(
    operations: Sequence[ops.MigrateOperation], there: Change, back: Change, schema: str
) -> list[ops.MigrateOperation]:
    """The operations with the columns that they make, or make again when they are reversed, in another form."""

    def changed(operation: Any, change: Change) -> list[Any]:
        table = relation(operation)[0] or schema, str(relation(operation)[1])
        given = operation.columns if isinstance(operation, ops.CreateTableOp) else [operation.column]
        return [change(table, column) if hasattr(column, "type") else column for column in given]

    found: list[ops.MigrateOperation] = []
    for operation in operations:
        made: Any = copy(operation)
        if isinstance(operation, ops.ModifyTableOps):
            made.ops = with_columns(operation.ops, there, back, schema)
        elif isinstance(operation, ops.CreateTableOp):
            made.columns = changed(operation, there)
        elif isinstance(operation, ops.AddColumnOp):
            (made.column,) = changed(operation, there)
        elif isinstance(operation, (ops.DropTableOp, ops.DropColumnOp)) and operation._reverse is not None:
            made._reverse = with_columns([operation._reverse], back, back, schema)[0]
        found.append(made)
    return found


def with_types_made(
    operations: Sequence[ops.MigrateOperation],
    there: Callable[[tuple[str | None, str]], bool],
    back: Callable[[tuple[str | None, str]], bool],
) -> list[ops.MigrateOperation]:
    """The operations in a form that makes no type for a column, those that ``there`` or, reversed, ``back`` tell of."""
    from alembic_ext.declare.column_types import made_elsewhere

    def of(is_made: Callable[[tuple[str | None, str]], bool], column: Any) -> Any:
        if (type_ := made_elsewhere(column.type, is_made)) is column.type:
            return column
        made = copy(column)  # the user's own stays as it is
        made.type = type_
        made.__dict__.pop("comparator", None)
        return made

    return with_columns(operations, lambda _, column: of(there, column), lambda _, column: of(back, column), "")


def as_they_are(
    operations: Sequence[ops.MigrateOperation], now: Snapshot, schema: str, types: Collection[str]
) -> list[ops.MigrateOperation]:
    """The operations with the columns that they bring back as the catalog has them; ``schema`` is the default one.

    The columns of a table that follows one of the ``types`` are left to that.
    """
    from alembic_ext.declare.column_types import as_it_is
    from alembic_ext.kinds import kinds

    tables = {(key.schema, key.name): key for key in now if not kinds()[key.kind].droppable}
    typed = {name for name, key in tables.items() if kinds()[key.kind].follows(now[key]) in types}
    operations = _without_columns(operations, typed, schema) if typed else operations

    def back(table: Name, column: Any) -> Any:
        return as_it_is(column, tables[table], now, schema) if table in tables else column

    found = with_columns(_without_seeming(operations, tables, now, schema), lambda _, column: column, back, schema)
    return [_with_keywords(_last_first(one, tables, now, schema), tables, now, schema) for one in found]


def _last_first(
    operation: ops.MigrateOperation, tables: Mapping[Name, Key], now: Snapshot, schema: str
) -> ops.MigrateOperation:
    """The changes of a table with its last columns dropped first, so that they come back in their order.

    Alembic drops them in any order, and what says ``SETOF`` the table cannot be made again over another one.
    """
    if not isinstance(operation, ops.ModifyTableOps):
        return operation
    key = tables.get((operation.schema or schema, operation.table_name))
    places = {name: number for number, (name, _) in enumerate(now[key].columns)} if key is not None else {}
    dropped = [one for one in operation.ops if isinstance(one, ops.DropColumnOp)]
    order = iter(sorted(dropped, key=lambda one: -places.get(one.column_name, 0)))
    operation.ops = [next(order) if isinstance(one, ops.DropColumnOp) else one for one in operation.ops]
    return operation


def _with_keywords(
    operation: ops.MigrateOperation, tables: Mapping[Name, Key], now: Snapshot, schema: str
) -> ops.MigrateOperation:
    """A drop of a table that, reversed, makes it with all that it has."""
    from alembic_ext.kinds import kinds

    key = tables.get((relation(operation)[0] or schema, str(relation(operation)[1])))
    if key is not None and isinstance(operation, ops.DropTableOp):
        words = dict(kinds()[key.kind].keywords(now[key]))
        operation.prefixes = [*(operation.prefixes or ()), *words.pop("prefixes", ())]
        operation.table_kw = {**operation.table_kw, **words}
    return operation


def _each(
    operations: Sequence[ops.MigrateOperation], change: Callable[[Any], ops.MigrateOperation | None]
) -> list[ops.MigrateOperation]:
    """The operations, those on a table one by one, as ``change`` makes them; None leaves one away."""
    found: list[ops.MigrateOperation] = []
    for operation in operations:
        if isinstance(operation, ops.ModifyTableOps):
            made = copy(operation)
            made.ops = _each(operation.ops, change)
            found += [made] if made.ops else []
        elif (one := change(operation)) is not None:
            found.append(one)
    return found


def _without_columns(
    operations: Sequence[ops.MigrateOperation], tables: Collection[Name], schema: str
) -> list[ops.MigrateOperation]:
    """The operations without those on columns of these tables, but for their comments, defaults and NOT NULL."""

    def change(operation: Any) -> Any:
        if (relation(operation)[0] or schema, relation(operation)[1]) not in tables:
            return operation
        if isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
            made = copy(operation)
            made.modify_type = None
            return made if made.has_changes() else None
        return None if isinstance(operation, (ops.AddColumnOp, ops.DropColumnOp)) else operation

    return _each(operations, change)


def _without_seeming(
    operations: Sequence[ops.MigrateOperation], tables: Mapping[Name, Key], now: Snapshot, schema: str
) -> list[ops.MigrateOperation]:
    """The operations without a change of what a column has by its type alone: NOT NULL, a default, what it stands for.

    SQLAlchemy takes the default and NOT NULL of a domain for the column's, and leaves out the precision below it.
    """
    from alembic_ext.declare.column_types import are_one
    from alembic_ext.kinds import kinds

    def change(operation: Any) -> Any:
        made = copy(operation)
        key = tables.get((relation(operation)[0] or schema, str(relation(operation)[1])))
        if not isinstance(operation, ops.AlterColumnOp) or key is None:
            return made
        not_null, default = kinds()[key.kind].of_column(now[key], operation.column_name)
        existing, new = operation.existing_type, operation.modify_type
        if existing is not None and new is not None and are_one(existing, new, schema):
            made.modify_type = None
        if operation.modify_nullable and not not_null:
            made.modify_nullable = None
        if operation.modify_server_default is None and not default:
            made.modify_server_default = False
        return made if made.has_changes() or not operation.has_changes() else None

    return _each(operations, change)


def without_renamed_types(
    operations: Sequence[ops.MigrateOperation], names: Mapping[Name, Name], schema: str
) -> list[ops.MigrateOperation]:
    """The operations without a change of a column from a type's old name to its new one; ``schema`` is the default."""

    def name(type_: Any) -> Name:
        return getattr(type_, "schema", None) or schema, str(getattr(type_, "name", ""))

    def change(operation: Any) -> Any:
        if not isinstance(operation, ops.AlterColumnOp):
            return operation
        if names.get(name(operation.existing_type)) != name(operation.modify_type):
            return operation
        made = copy(operation)
        made.existing_type, made.modify_type = made.modify_type, None
        return made if made.has_changes() else None

    return _each(operations, change)
