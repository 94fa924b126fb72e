"""What operations of Alembic's take away from tables, and has to go before anything of ours changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic_ext.diff import changes
from alembic_ext.diff.aside import name_in_catalog, needed_beside_tables, users_of_tables
from alembic_ext.diff.plan import Task
from alembic_ext.kinds import kinds, of_tables
from alembic_ext.model import Key
from alembic_ext.operations.tables import Part, apart, columns_taken, parts_taken

if TYPE_CHECKING:
    from alembic.operations.ops import MigrateOperation


Uses = frozenset[tuple[Key, Key]]
"""Tables, each with something that it uses."""


@dataclass(frozen=True)
class Order:
    """Alembic's operations with those ahead that take away what leaves first; and behind, for the way back, those that
    bring what leaves first there. ``ahead`` counts them, ``leaving`` names what they take, ``ending`` the uses that end
    with the tables and columns among that: on the way there, and back.
    """

    operations: tuple[MigrateOperation, ...]
    ahead: tuple[int, int]
    leaving: tuple[frozenset[Key], frozenset[Key]]
    ending: tuple[Uses, Uses]


def ordered(
    operations: Sequence[MigrateOperation], ways: tuple[Task, Task], schema: str, *, tables: bool = False
) -> Order:
    """Put first what has to go first, there and back; the others keep their order. ``schema`` is the default one.

    Of ``tables`` and their columns only on demand: where what they use could not be made again else.
    """
    sides = []
    for task, back in zip(ways, (False, True), strict=True):
        parts = parts_taken(operations, schema, back=back)
        leave, chosen = _chosen(task, parts)
        taken = columns_taken(operations, schema, back=back) if tables else {}
        ending, more = _ending(task, taken, parts) if taken else (frozenset[tuple[Key, Key]](), frozenset[int]())
        sides.append((leave, ending, {*chosen, *more}))
    (leave, ends, first), (come, ends_back, last) = sides
    ahead, rest = apart(operations, first)
    behind, rest = apart(rest, last)
    return Order((*ahead, *rest, *behind), (len(ahead), len(behind)), (leave, come), (ends, ends_back))


def _chosen(task: Task, parts: Mapping[Part, int]) -> tuple[frozenset[Key], Collection[int]]:
    named: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for (place, table, name), number in parts.items():
        named[place, name].append((table, number))
    taken = {
        key: number
        for key in (task.old if parts else ())
        if (key.schema, key.name) in named and of_tables(task.old, key) and kinds()[key.kind].droppable
        for table, number in named[key.schema, key.name]
        if key.detail in ("", table)
    }
    twice = {key for key in task.old if kinds()[key.kind].drops_twice and key not in task.new}
    found = leaving(task, taken.keys() | twice) if taken or twice else frozenset[Key]()
    return found, {taken[key] for key in found & taken.keys()}


def leaving(task: Task, taken: Set[Key]) -> frozenset[Key]:
    """Parts of tables that are ``taken`` away and use what may have to make way before that: they go first.

    What else uses them has to go with them. What goes makes way if it has the name of what is made: words that call
    either mean both as long as both are there.
    """
    old, changed = task.old, changes(task)
    names = {name_in_catalog(key)[:3] for key in changed if key not in old}
    moves = {key for key in changed if key in old and (key in task.new or name_in_catalog(key)[:3] in names)}
    moves |= users_of_tables(task)
    goes = {key for key in taken if key in old and (key not in task.new or old[key].create != task.new[key].create)}
    found = {key for key in goes if not moves.isdisjoint(needed_beside_tables(old, key))}
    while staying := {key for key in found if not found.issuperset(old.users_of.get(key, ()))}:
        found -= staying
    return frozenset(found)


def _ending(task: Task, taken: Mapping[Part, int], parts: Mapping[Part, int]) -> tuple[Uses, frozenset[int]]:
    """What tables use until they, or columns of them, are ``taken`` away, where that has to be before what they use
    changes; and the operations that do it, each told by its ``id``, with all that takes ``parts`` away with it.
    """
    moves = {key for key in changes(task) if key in task.old and key in task.new}
    uses: set[tuple[Key, Key]] = set()
    chosen: set[int] = set()
    for table in sorted(key for key in task.touched if key in task.old):
        ends = {used for used in task.old.used_by.get(table, ()) if _ends(task, table, used)}
        in_the_way = any(not moves.isdisjoint(needed_beside_tables(task.old, used)) for used in ends)
        if in_the_way and (found := _with_users(task, table, taken, parts)):
            uses |= {(table, used) for used in ends}
            chosen |= found
    return frozenset(uses), frozenset(chosen)


def _ends(task: Task, table: Key, used: Key) -> bool:
    """Whether it is used no more, and not by columns that only change their type."""
    if table not in task.new:
        return True
    return used not in task.new.used_by.get(table, ()) and not kinds()[used.kind].moves


def _with_users(task: Task, table: Key, taken: Mapping[Part, int], parts: Mapping[Part, int]) -> set[int]:
    """The operations that take away a table or columns of it, and what other tables, indexes and constraints have to do
    with that; none where something of these stays. Users that are none of Alembic's are ours to drop before.
    """
    found: set[int] = set()
    tables, pending = {table}, [table]
    while pending:
        table = pending.pop()
        after = {name for name, _ in task.new[table].columns} if table in task.new else set[str]()
        gone = {name for name, _ in task.old[table].columns if name not in after} if table in task.new else {""}
        operations = [taken.get((table.schema, table.name, name)) for name in gone]
        if not operations or None in operations:
            return set()
        found |= {number for number in operations if number is not None}
        for edge in sorted(task.old.edges):
            user = edge.user
            if edge.used != table or (table in task.new and edge.column not in gone) or not of_tables(task.old, user):
                continue
            holders = [user] if not kinds()[user.kind].droppable else task.old.holders.get(user, ())
            others = [one for one in holders if not kinds()[one.kind].droppable and one not in tables]
            names = [(user.schema, one.name, user.name) for one in holders]
            if numbers := {parts[name] for name in names if name in parts}:
                found |= numbers
            elif table in holders or not others:
                continue
            elif any(one in task.new for one in others):
                return set()
            else:
                tables.update(others)
                pending += others
    return found
