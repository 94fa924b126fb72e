"""The values that flow from stage to stage. All are frozen; none of them touches a database.

Keys, edges and what is declared are counted in tens of thousands, so they are tuples: hashed and compared without
running Python. The values of the stages are tuples too: a dataclass takes half a millisecond to be defined, a tuple a
fifth of that, and they are defined on every run.

    Key        the identity of an object: two keys are equal exactly when the server would refuse both
    Aspect     what can be set on an object apart from creating it: a comment, a grant, a trigger's enabled state
    Stored     an object as the server prints it
    Snapshot   all objects of a database, with the edges between them
    Address    an object as somebody spelled it, not looked up yet
    Declared   one statement that a user wrote, and the object it speaks of
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Any, NamedTuple

EMPTY: Mapping[Any, Any] = MappingProxyType({})
"""The default of values that hold a mapping."""

Place = tuple[int, int]
"""Where PostgreSQL keeps an object: (classid, objid), as in ``pg_depend``."""


class Key(NamedTuple):
    """The identity of an object.

    ``detail`` is what tells objects of one name apart: ``(integer,text)`` for a function, the table for a trigger.
    ``schema`` is empty for objects that live in none.
    """

    kind: str
    schema: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        name = f"{self.schema}.{self.name}" if self.schema else self.name
        blank = "" if self.detail.startswith("(") or not self.detail else " "
        return f"{self.kind} {name}{blank}{self.detail}"


class Aspect(NamedTuple):
    """Something that is set on an object by a statement of its own.

    ``set`` and ``unset`` are parallel: statement ``unset[i]`` takes back what ``set[i]`` gives. Where statements
    ``add`` to what is there (the privileges of one grantee) the aspect is changed piece by piece; else the new one is
    enough. What ``guards`` an object is taken back before anything is dropped. What is not ``kept`` is not brought back
    by what a revision saves and restores where an object is dropped and made again: it is set again.
    """

    name: str
    set: tuple[str, ...]
    unset: tuple[str, ...]
    adds: bool = False
    guards: bool = False
    kept: bool = True

    def common(self, other: Aspect) -> Aspect:
        """What both set."""
        pairs = [pair for pair in zip(self.set, self.unset, strict=True) if pair[0] in other.set]
        return Aspect(self.name, tuple(do for do, _ in pairs), tuple(undo for _, undo in pairs), self.adds)

    def change(self, old: Aspect | None) -> tuple[str, ...]:
        """The statements that lead from ``old`` (None: the default) to this aspect."""
        if old is None or not self.adds:
            return self.set
        return (
            *(undo for do, undo in zip(old.set, old.unset, strict=True) if do not in self.set),
            *(do for do in self.set if do not in old.set),
        )


@dataclass(frozen=True)
class Stored:
    """An object as the server prints it, every name qualified.

    ``create`` with ``state`` is the definition: it is compared and rebuilt. ``aspects`` (comment, owner, grants) are
    compared only where they are declared. ``columns`` are the (name, type) pairs of a relation. ``script`` is how a
    revision restores the object where that differs from ``create`` (a materialized view with its data). ``facts`` are
    what its kind has to know to alter it, beside the text.
    """

    key: Key
    place: Place
    create: str
    state: tuple[Aspect, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    script: str = ""
    facts: tuple[Any, ...] = ()

    @cached_property
    def definition(self) -> tuple[str, ...]:
        """The statements that rebuild the object, without its aspects."""
        made = (self.create,) if self.create else ()
        return (*made, *(statement for aspect in self.state for statement in aspect.set))

    def aspect(self, name: str) -> Aspect | None:
        return next((aspect for aspect in self.aspects if aspect.name == name), None)


class Edge(NamedTuple):
    """``user`` cannot exist without ``used`` (without that column of it, where one is named).

    ``auto`` tells that dropping ``used`` takes ``user`` along: an index of its relation, a trigger of its view.
    """

    user: Key
    used: Key
    column: str = ""
    auto: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The objects of a database and the edges between them.

    ``places`` maps every (classid, objid), that of a row type or of a view's rule too, to the key that stands for it.
    ``unread`` names what exists but belongs to a kind that is not read. ``after`` are pairs of which the first is made
    after the second, though it does not need that: a check of a table after its partitions, which have it too.
    """

    objects: Mapping[Key, Stored] = field(default_factory=dict)
    edges: frozenset[Edge] = frozenset()
    places: Mapping[Place, Key] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    after: frozenset[tuple[Key, Key]] = frozenset()

    def __contains__(self, key: Key) -> bool:
        return key in self.objects

    def __getitem__(self, key: Key) -> Stored:
        return self.objects[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.objects)

    def part(self, keys: Collection[Key]) -> Snapshot:
        """The snapshot of these objects alone."""
        return Snapshot(
            {key: stored for key, stored in self.objects.items() if key in keys},
            frozenset(edge for edge in self.edges if edge.user in keys and edge.used in keys),
            {place: key for place, key in self.places.items() if key in keys},
            self.unread,
            self.after,
        )

    def having(self, keys: Iterable[Key]) -> Snapshot:
        """The snapshot with these too; one that is not there stands for an object that has nothing set."""
        more = {key: Stored(key, (0, 0), "") for key in keys if key not in self.objects}
        return replace(self, objects={**self.objects, **more}) if more else self

    @cached_property
    def used_by(self) -> Mapping[Key, tuple[Key, ...]]:
        """What each object needs."""
        return _grouped((edge.user, edge.used) for edge in self.edges)

    @cached_property
    def users_of(self) -> Mapping[Key, tuple[Key, ...]]:
        """What needs each object."""
        return _grouped((edge.used, edge.user) for edge in self.edges)

    @cached_property
    def holders(self) -> Mapping[Key, tuple[Key, ...]]:
        """What takes each object along when it is dropped: the relation of an index, the view of a trigger."""
        return _grouped((edge.user, edge.used) for edge in self.edges if edge.auto)

    def needed(self, keys: Iterable[Key]) -> set[Key]:
        """The keys, and all that they need, directly or not."""
        return closure(keys, self.used_by)

    def users(self, keys: Iterable[Key]) -> set[Key]:
        """The keys, and all that needs them, directly or not."""
        return closure(keys, self.users_of)

    def ordered(self, keys: Iterable[Key], rank: Mapping[str, int]) -> list[Key]:
        """The keys, each after what it needs; ties by the rank of their kinds, then by name.

        A cycle (only soft ones exist in a catalog that can be rebuilt) is broken at its last member.
        """
        after = {key: (*self.used_by.get(key, ()), *others) for key, others in _grouped(self.after).items()}
        return ordered(set(keys), {**self.used_by, **after} if after else self.used_by, rank)


class Ranks(dict[str, int]):
    """The rank of each kind; of the ``silent`` ones no edge tells who uses them."""

    silent: frozenset[str] = frozenset()


def ordered(keys: set[Key], needs: Mapping[Key, Iterable[Key]], rank: Mapping[str, int]) -> list[Key]:
    """Sort keys so that each comes after what it needs: ``needs[key]``, and after what is silent and does not need it.

    Ties go by the rank of the kinds, then by name, so that the same input gives the same order.
    """
    graph = {key: {used for used in needs.get(key, ()) if used in keys and used != key} for key in sorted(keys)}
    silent = rank.silent if isinstance(rank, Ranks) else ()
    for key in [key for key in graph if key.kind in silent]:
        before = closure([key], graph)
        for other in graph.keys() - before:
            graph[other].add(key)

    def place(key: Key) -> tuple[int, Key]:
        return rank.get(key.kind, 0), key

    while True:
        sorter = TopologicalSorter(graph)
        try:
            sorter.prepare()
        except CycleError as error:
            cycle = error.args[1]
            last = max(cycle, key=place)
            graph[last] -= set(cycle)
            continue
        result: list[Key] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=place)
            result += ready
            sorter.done(*ready)
        return result


class Address(NamedTuple):
    """An object as it was spelled: the type words, names and argument types of ``pg_get_object_address``.

    ``args`` is None where a function is named without its arguments.
    """

    kind: str
    names: tuple[str, ...]
    args: tuple[str, ...] | None = ()

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(self.names)}" + (f"({', '.join(self.args)})" if self.args else "")


class Declared(NamedTuple):
    """One statement that a user wrote.

    ``aspect`` is empty where the statement makes or defines the object, else the name of the aspect that it sets.
    ``source`` is ``file:line``. ``renamed_from`` is the name it had, ``renamed_values`` are its values that had
    another, old and new. What is ``of_models`` was declared there, and SQLAlchemy wrote it as SQL. What is ``implied``
    by a column of theirs gives way to a declaration of its own. ``cascade`` tells that what it is used by may change
    with it.
    """

    address: Address
    text: str
    source: str = ""
    aspect: str = ""
    creates: bool = True
    renamed_from: str = ""
    renamed_values: tuple[tuple[str, str], ...] = ()
    of_models: bool = False
    implied: bool = False
    cascade: bool = False


def _grouped(pairs: Iterable[tuple[Key, Key]]) -> dict[Key, tuple[Key, ...]]:
    groups: defaultdict[Key, set[Key]] = defaultdict(set)
    for one, other in pairs:
        groups[one].add(other)
    return {one: tuple(sorted(others)) for one, others in groups.items()}


def closure(keys: Iterable[Key], step: Mapping[Key, Iterable[Key]]) -> set[Key]:
    """The keys, and all to which steps lead from them."""
    found = set(keys)
    pending = list(found)
    while pending:
        for key in step.get(pending.pop(), ()):
            if key not in found:
                found.add(key)
                pending.append(key)
    return found
