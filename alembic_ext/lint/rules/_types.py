"""What the rules about types and names share."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation


def new_columns(at: Moment) -> Iterator[tuple[Relation, Column]]:
    """The columns that a statement made, or gave another type; those of partitions are their parents'."""
    for oid, now in at.changed:
        if now.kind not in "rp" or now.partition:
            continue
        then = at.before.get(oid)
        old = {one.number: one for one in then.columns.values()} if then else {}
        for column in now.columns.values():
            if column.number not in old or old[column.number].type != column.type:
                yield now, column


def named(table: Relation, column: Column) -> str:
    """A column in a sentence."""
    return f"column {column.name} of table {table.schema}.{table.name}"
