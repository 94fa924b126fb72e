"""What differs between production and what the history gives: pure, from two snapshots.

What stands and falls with something that differs itself is told with that: the indexes of a table that is missing, the
default of a column that is too many.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from alembic_ext.findings import unified
from alembic_ext.kinds import aspect_kinds, kinds, name_of
from alembic_ext.model import Aspect, Edge, Key, Snapshot, Stored

Sort = Literal["missing", "extra", "changed"]
SETTING = "setting"
"""The group of aspects that are named after what they set."""


@dataclass(frozen=True)
class Difference:
    """One object: ``have`` is production's, ``want`` the history's; ``parts`` are told with it.

    ``aspects`` are the names of those that differ, ``defined`` tells that the definition does.
    """

    key: Key
    sort: Sort
    have: Stored | None
    want: Stored | None
    aspects: tuple[str, ...] = ()
    defined: bool = False
    parts: tuple[Difference, ...] = ()

    @property
    def object(self) -> str:
        """The object as findings name it."""
        return name_of(self.key)

    def diff(self, shown: Callable[[str], str] = str) -> str:
        """A unified diff, from the history to production; on a side that lacks the object it is ``/dev/null``."""
        left = "/dev/null" if self.want is None else f"history: {self.object}"
        right = "/dev/null" if self.have is None else f"production: {self.object}"
        old, new = (self._lines(lambda one, side=side: getattr(one, side), shown) for side in ("want", "have"))  # type: ignore[misc]
        return unified(old, new, left, right)

    def _lines(self, side: Callable[[Difference], Stored | None], shown: Callable[[str], str]) -> list[str]:
        found: list[str] = []
        for one in (self, *self.parts):
            if (stored := side(one)) is not None:
                for text in _texts(stored, one):
                    found += f"{shown(text)};".split("\n")
        return found


def _texts(stored: Stored, one: Difference) -> Iterable[str]:
    """The definition, and what of the aspects differs; all of them where the other side has none."""
    if one.sort != "changed" or one.defined:
        yield from stored.definition
    for aspect in stored.aspects:
        if one.sort != "changed" or aspect.name in one.aspects:
            yield from aspect.set


def group(aspect: str) -> str:
    """The kind of an aspect, by its name: ``grant to a`` is one of ``grant``."""
    found = [name for name in aspect_kinds() if aspect == name or aspect.startswith(f"{name} ")]
    if aspect == "force row security":
        return "row security"
    return max(found, key=len, default=SETTING)


def compare(
    have: Snapshot,
    want: Snapshot,
    *,
    unread: Collection[Key] = (),
    without: Collection[str] = (),
    present_only: Collection[str] = (),
) -> list[Difference]:
    """All that differs, sorted.

    Args:
        have: production.
        want: what the history gives.
        unread: what could not be read of production: it is not compared, nor what would be a part of it.
        without: kinds, and kinds of aspects, that are not compared.
        present_only: kinds of which only the presence is compared, since who reads may see no more.
    """
    left = set(unread)
    keys = sorted(
        key
        for key in have.objects.keys() | want.objects.keys()
        if key not in left and key.kind not in without and not kinds()[key.kind].hollow
    )
    keys += sorted(
        key for key in have.objects.keys() | want.objects.keys() if kinds()[key.kind].hollow and key.kind not in without
    )
    found: dict[Key, Difference] = {}
    for key in keys:
        one = _compared(key, have.objects.get(key), want.objects.get(key), without, key.kind in present_only)
        if one is not None:
            found[key] = one
    return _folded(found, have, want)


def _compared(
    key: Key, have: Stored | None, want: Stored | None, without: Collection[str], present_only: bool
) -> Difference | None:
    if kinds()[key.kind].hollow:  # nothing but its aspects: without one it is as if it were not there
        nothing = Stored(key, (0, 0), "")
        have, want = have or nothing, want or nothing
    if have is None or want is None:
        return Difference(key, "missing" if have is None else "extra", have, want, defined=True)
    kind = kinds()[key.kind]
    defined = not present_only and (
        unordered(have.create, kind.between) != unordered(want.create, kind.between)
        or _state(have.state) != _state(want.state)
    )
    aspects = tuple(
        name
        for name in sorted({aspect.name for side in (have, want) for aspect in side.aspects})
        if group(name) not in without and _set(have.aspect(name)) != _set(want.aspect(name))
    )
    return Difference(key, "changed", have, want, aspects, defined) if defined or aspects else None


def unordered(create: str, between: str) -> str:
    r"""A printed statement with its parts sorted: a column that was dropped and added again comes last.

    >>> unordered("CREATE TABLE t (\n    b int,\n    a int\n)", ",\n    ")
    'CREATE TABLE t (\n    a int,\n    b int\n)'
    """
    head, opened, rest = create.partition(" (\n    ")
    body, closed, tail = rest.rpartition("\n)")
    if not between or not opened or not closed:
        return create
    return f"{head}{opened}{between.join(sorted(body.split(between)))}{closed}{tail}"


def _state(state: Iterable[Aspect]) -> Mapping[str, frozenset[str]]:
    return {aspect.name: _set(aspect) for aspect in state}


def _set(aspect: Aspect | None) -> frozenset[str]:
    return frozenset(aspect.set) if aspect else frozenset()


def _folded(found: Mapping[Key, Difference], have: Snapshot, want: Snapshot) -> list[Difference]:
    """The differences with those that follow from others as their parts."""
    parts: dict[Key, list[Difference]] = {}
    for side, other, sort in ((have, want, "extra"), (want, have, "missing")):
        for edge in side.edges:
            if (
                edge.auto
                and edge.user in found
                and found[edge.user].sort == sort
                and _follows(edge, found, other, sort)
            ):
                parts.setdefault(edge.used, []).append(found[edge.user])
    whole = {part.key for some in parts.values() for part in some}
    result = []
    for key, one in found.items():
        if key not in whole:
            result.append(replace(one, parts=tuple(_below(key, parts))))
    return result


def _below(key: Key, parts: Mapping[Key, list[Difference]]) -> list[Difference]:
    found: dict[Key, Difference] = {}
    pending = [key]
    while pending:
        for part in parts.get(pending.pop(), ()):
            if part.key not in found and part.key != key:
                found[part.key] = part
                pending.append(part.key)
    return sorted(found.values(), key=lambda part: (kinds()[part.key.kind].rank, part.key))


def _follows(edge: Edge, found: Mapping[Key, Difference], other: Snapshot, sort: str) -> bool:
    """Whether a part is there, or is not, because what it is part of is, or a column of that."""
    holder = found.get(edge.used)
    if holder is None:
        return False
    if holder.sort == sort:
        return True
    return bool(edge.column) and edge.column not in dict(other[edge.used].columns)
