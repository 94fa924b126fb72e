"""Types that are made again although columns of tables have them: the old one steps aside, the columns move over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from alembic_ext.kinds import kinds
from alembic_ext.model import Key, Snapshot
from alembic_ext.sqltext import ident

Column = tuple[Key, str, str]
"""A table, the name of a column of it, and what stands behind the type there: ``[]`` or nothing."""


def columns(snapshot: Snapshot, key: Key) -> tuple[Column, ...]:
    """The columns of tables that have this type, or arrays of it, where they are not inherited."""
    if not kinds()[key.kind].moves:
        return ()
    type_ = ident(key.schema, key.name)
    return tuple(
        (table, name, text.removeprefix(type_))
        for table in snapshot.users_of.get(key, ())
        if not kinds()[table.kind].droppable
        for name, text in snapshot[table].columns
        if text.rstrip("[]") == type_ and name not in _inherited(snapshot, table)
    )


def stays(new: Snapshot, column: Column) -> bool:
    """Whether a column is still there after the table operations."""
    table, name, _ = column
    return table in new and name in dict(new[table].columns)


def _inherited(snapshot: Snapshot, table: Key) -> Iterator[str]:
    for parent in snapshot.used_by.get(table, ()):
        if parent.kind == table.kind:
            yield from (name for name, _ in snapshot[parent].columns)


def users(snapshot: Snapshot, key: Key) -> set[Key]:
    """What has to make way for a type and for the columns that move: all but the tables, and but the parts of a table
    that PostgreSQL makes anew by itself when a column changes its type.
    """
    moved = columns(snapshot, key)
    tables = {table for table, *_ in moved}
    places = {(table, name) for table, name, _ in moved}
    family = {member for table in tables for member in snapshot.users([table]) if member.kind == table.kind}
    found = {user for user in snapshot.users_of.get(key, ()) if user not in family}
    for edge in snapshot.edges:
        if (edge.used, edge.column) in places and edge.user not in family:
            others = {used for used in snapshot.used_by.get(edge.user, ()) if used.kind == edge.used.kind}
            if not kinds()[edge.user.kind].of_table or len(others) > 1:  # a foreign key compares old and new
                found.add(edge.user)
    return found


def aside(key: Key, names: Collection[Key]) -> str:
    """A name for the old type, until nothing has it any more."""
    taken = {other.name for other in names if other.schema == key.schema}
    count = 0
    while True:
        end = f"_before{count or ''}"
        name = key.name.encode()[: 63 - len(end)].decode("utf-8", "ignore") + end
        if name not in taken:
            return name
        count += 1


def statements(
    old: Snapshot,
    new: Snapshot,
    key: Key,
    name: str,
    create: Sequence[str],
    over: Iterable[Column],
    goes: Iterable[tuple[Key, str]],
) -> tuple[str, ...]:
    """Put the type that ``create`` makes in the place of the old one, which is called ``name`` meanwhile.

    ``over`` are the columns that move.
    ``goes`` are the old types that nothing has any more after this, in the order in which they can be dropped.
    """
    kind = kinds()[key.kind]
    by_table: dict[Key, list[tuple[str, str]]] = {}
    for table, column, array in over:
        by_table.setdefault(table, []).append((column, array))
    return (
        f"ALTER {kind.title} {kind.identity(key)} RENAME TO {ident(name)}",
        *create,
        *(
            f"ALTER TABLE {ident(table.schema, table.name)} "
            + ", ".join(
                f"ALTER COLUMN {ident(column)} TYPE {kind.identity(key)}{array} "
                f"USING {kind.moved(old[key], new[key], ident(column), array)}"
                for column, array in some
            )
            for table, some in by_table.items()
        ),
        *(kinds()[gone.kind].drop(gone._replace(name=before)) for gone, before in goes),
    )
