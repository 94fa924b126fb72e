"""Types that are made again although columns of tables have them: the old one steps aside, the columns move over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from alembic_ext.kinds import kinds, of_tables
from alembic_ext.model import Key, Snapshot
from alembic_ext.sqltext import ident

Column = tuple[Key, str, int, str]
"""A table, the name of a column of it, which of the kind's `types` it has, and ``[]`` or nothing behind it."""


def columns(snapshot: Snapshot, key: Key) -> tuple[Column, ...]:
    """The columns of tables that have this type, or arrays of it, where they are not inherited."""
    if not kinds()[key.kind].moves:
        return ()
    types = list(kinds()[key.kind].types(snapshot[key]))
    return tuple(
        (table, name, types.index(type_), text.removeprefix(type_))
        for table in snapshot.users_of.get(key, ())
        if not kinds()[table.kind].droppable
        for name, text in snapshot[table].columns
        if (type_ := text.rstrip("[]")) in types and name not in _inherited(snapshot, table)
    )


def moving(snapshot: Snapshot, keys: Collection[Key]) -> set[Key]:
    """Those of the keys that step aside for their columns, with what they are made of, which stays as long."""
    found = {key for key in keys if columns(snapshot, key)}
    return found | {
        key
        for key in snapshot.needed(found)
        if key in keys and not of_tables(snapshot, key) and kinds()[key.kind].rename(key, "") is not None
    }


def behind(snapshot: Snapshot, keys: Collection[Key]) -> set[tuple[Key, Key]]:
    """Those of the keys that columns have as type, each with what uses such a column."""
    types: dict[tuple[Key, str], list[Key]] = {}
    for key in keys:
        for table, name, *_ in columns(snapshot, key):
            types.setdefault((table, name), []).append(key)
    edges = snapshot.edges if types else ()
    return {(key, edge.user) for edge in edges for key in types.get((edge.used, edge.column), ()) if edge.user != key}


def stays(new: Snapshot, column: Column) -> bool:
    """Whether a column is still there after the table operations."""
    table, name, *_ = column
    return table in new and name in dict(new[table].columns)


def _inherited(snapshot: Snapshot, table: Key) -> Iterator[str]:
    for parent in snapshot.used_by.get(table, ()):
        if parent.kind == table.kind:
            yield from (name for name, _ in snapshot[parent].columns)


def users(snapshot: Snapshot, key: Key) -> set[Key]:
    """What has to make way for a type and for the columns that move: all but the tables, and but the parts of a table
    that PostgreSQL makes anew by itself when a column changes its type. What says the type it cannot, though pg_depend
    may not know: of a default ``ARRAY[]::type[]``.
    """
    moved = columns(snapshot, key)
    tables = {table for table, *_ in moved}
    places = {(table, name) for table, name, *_ in moved}
    family = {member for table in tables for member in snapshot.users([table]) if member.kind == table.kind}
    found = {user for user in snapshot.users_of.get(key, ()) if user not in family}
    for edge in snapshot.edges:
        if (edge.used, edge.column) in places and edge.user not in family:
            others = {used for used in snapshot.used_by.get(edge.user, ()) if used.kind == edge.used.kind}
            says = any(type_ in snapshot[edge.user].create for type_ in kinds()[key.kind].types(snapshot[key]))
            if not kinds()[edge.user.kind].of_table or len(others) > 1 or says:  # a foreign key compares old and new
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
    leaving: Iterable[tuple[Key, str]],
    create: Sequence[str],
    over: Iterable[Column],
    goes: Iterable[tuple[Key, str]],
) -> tuple[str, ...]:
    """Put the type that ``create`` makes in the place of the old one.

    ``leaving`` are the old types that are called otherwise from now on, ``over`` the columns that move.
    ``goes`` are the old types that nothing has any more after this, in the order in which they can be dropped.
    """
    kind = kinds()[key.kind]
    by_table: dict[Key, list[tuple[str, str, str]]] = {}
    for table, column, place, array in over:
        by_table.setdefault(table, []).append((column, kind.types(new[key])[place], array))
    return (
        *(text for other, name in leaving for text in kinds()[other.kind].step_aside(old[other], name)),
        *create,
        *(
            f"ALTER TABLE {ident(table.schema, table.name)} "
            + ", ".join(
                f"ALTER COLUMN {ident(column)} TYPE {type_}{array} "
                f"USING {kind.moved(old[key], new[key], ident(column), type_, array)}"
                for column, type_, array in some
            )
            for table, some in by_table.items()
        ),
        *_drops(list(goes)),
    )


def _drops(goes: Sequence[tuple[Key, str]]) -> Iterator[str]:
    """What drops the old ones under the names that they and their types have by then."""
    names = {ident(key.schema, key.name): ident(key.schema, before) for key, before in goes}
    for key, before in goes:
        kind = kinds()[key.kind]
        yield kind.drop(kind.with_types(key, names)._replace(name=before))
