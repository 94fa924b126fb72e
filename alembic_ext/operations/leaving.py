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
from alembic_ext.operations.tables import Part, apart, parts_taken

if TYPE_CHECKING:
    from alembic.operations.ops import MigrateOperation


@dataclass(frozen=True)
class Order:
    """Alembic's operations with those ahead that take away what leaves first; and behind, for the way back, those that
    bring what leaves first there. ``ahead`` counts them, ``leaving`` names what they take: on the way there, and back.
    """

    operations: tuple[MigrateOperation, ...]
    ahead: tuple[int, int]
    leaving: tuple[frozenset[Key], frozenset[Key]]


def ordered(operations: Sequence[MigrateOperation], ways: tuple[Task, Task], schema: str) -> Order:
    """Put first what has to go first, there and back; the others keep their order. ``schema`` is the default one."""
    there, back = ways
    leave, first = _chosen(there, parts_taken(operations, schema, back=False))
    come, last = _chosen(back, parts_taken(operations, schema, back=True))
    ahead, rest = apart(operations, first)
    behind, rest = apart(rest, last)
    return Order((*ahead, *rest, *behind), (len(ahead), len(behind)), (leave, come))


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
