"""What Alembic does not compare of the tables in the models, as declarations: constraints and indexes.

Alembic makes and drops tables, columns, unique constraints, foreign keys and indexes, but looks at their names and
columns alone; of checks and exclusions it knows nothing once the table is there. Where a user asks for it, each
constraint and index that has a name is declared in the words of SQLAlchemy; the server then says whether it is what is
there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic_ext.kinds import kinds
from alembic_ext.model import Declared, Key
from alembic_ext.sqltext import split
from alembic_ext.sqltext.edit import without_word

if TYPE_CHECKING:
    from alembic.operations.ops import MigrateOperation
    from sqlalchemy import MetaData, Table

GROUPS = ("constraints", "indexes")


def declared(
    metadata: Sequence[MetaData],
    groups: Collection[str],
    now: Iterable[Key],
    schema: str,
    operations: Iterable[MigrateOperation],
) -> tuple[Declared, ...]:
    """The constraints and indexes of the tables that are there already, but for those that operations speak of.

    ``schema`` is the default one.
    """
    if not groups:
        return ()
    there = {(key.schema, key.name) for key in now if not kinds()[key.kind].droppable}
    busy = set(_names(operations))
    tables = [table for one in metadata for table in _copied(one) if (table.schema or schema, table.name) in there]
    return tuple(item for table in tables for item in _of(table, groups) if item.address.names[-1] not in busy)


def _copied(metadata: MetaData) -> list[Table]:
    """Copies, since to render a constraint alone changes it."""
    from sqlalchemy import MetaData

    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        if not getattr(table, "is_view", False):
            table.to_metadata(copy)
    return sorted(copy.tables.values(), key=lambda table: (table.schema or "", table.name))


def _of(table: Table, groups: Collection[str]) -> Iterator[Declared]:
    from sqlalchemy.schema import AddConstraint

    from alembic_ext.entity.selectable import index_text, rendered

    source, texts = f"the Table {table}", []
    if "constraints" in groups:
        texts += [
            rendered(AddConstraint(constraint), f"the constraint {constraint.name} of {table}", source)
            for constraint in table.constraints
            if constraint.name
        ]
    if "indexes" in groups:
        texts += [index_text(index, str(table), source) for index in table.indexes if index.name]
    for text in sorted(texts):
        for statement in split(text):
            maker = next(kind for kind in kinds().values() if kind.makes(statement.node, statement.tree))
            at_once = without_word(statement.text, "concurrently") if "concurrent" in statement.tree else statement.text
            yield Declared(maker.spelled(statement.tree), at_once, source, of_models=True)


def _names(operations: Iterable[Any]) -> Iterator[str]:
    """The names that Alembic's operations speak of."""
    for operation in operations:
        yield from _names(getattr(operation, "ops", ()))
        yield from filter(None, (getattr(operation, name, None) for name in ("constraint_name", "index_name")))
