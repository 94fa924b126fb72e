"""Alembic's own operations, looked at and put into another form; what env.py has given stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from typing import Any

from alembic.operations import ops

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


def with_types_made(
    operations: Sequence[ops.MigrateOperation],
    there: Callable[[tuple[str | None, str]], bool],
    back: Callable[[tuple[str | None, str]], bool],
) -> list[ops.MigrateOperation]:
    """The operations in a form that makes no type for a column, those that ``there`` or, reversed, ``back`` tell of."""
    from alembic_ext.enums import made_elsewhere

    def of(column: Any) -> Any:
        if not hasattr(column, "type") or (type_ := made_elsewhere(column.type, there)) is column.type:
            return column
        made = copy(column)  # the user's own stays as it is
        made.type = type_
        made.__dict__.pop("comparator", None)
        return made

    found: list[ops.MigrateOperation] = []
    for operation in operations:
        made: Any = copy(operation)
        if isinstance(operation, ops.ModifyTableOps):
            made.ops = with_types_made(operation.ops, there, back)
        elif isinstance(operation, ops.CreateTableOp):
            made.columns = [of(column) for column in operation.columns]
        elif isinstance(operation, ops.AddColumnOp):
            made.column = of(operation.column)
        elif isinstance(operation, (ops.DropTableOp, ops.DropColumnOp)) and operation._reverse is not None:
            made._reverse = with_types_made([operation._reverse], back, back)[0]
        found.append(made)
    return found


def without_renamed_types(
    operations: Sequence[ops.MigrateOperation], names: Mapping[Name, Name], schema: str
) -> list[ops.MigrateOperation]:
    """The operations without a change of a column from a type's old name to its new one; ``schema`` is the default."""

    def name(type_: Any) -> Name:
        return getattr(type_, "schema", None) or schema, str(getattr(type_, "name", ""))

    found: list[ops.MigrateOperation] = []
    for operation in operations:
        made: Any = copy(operation)
        if isinstance(operation, ops.ModifyTableOps):
            made.ops = without_renamed_types(operation.ops, names, schema)
            found += [made] if made.ops else []
        elif isinstance(operation, ops.AlterColumnOp) and names.get(name(made.existing_type)) == name(made.modify_type):
            made.existing_type, made.modify_type = made.modify_type, None
            found += [made] if made.has_changes() else []
        else:
            found.append(operation)
    return found
