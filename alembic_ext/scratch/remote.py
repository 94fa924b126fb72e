"""What is never made in a throw-away database: what is wanted of it is imagined from what is there. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_ext.errors import DeclarationError
from alembic_ext.kinds import aspect_kind, kinds, name_of
from alembic_ext.model import Declared, Edge, Key, Snapshot, Stored
from alembic_ext.sqltext import mentioned

if TYPE_CHECKING:
    from alembic_ext.scratch.asked import Asked, Wanted


def is_remote(kind: str) -> bool:
    """Whether objects of a kind are never made in a throw-away database."""
    return kind in kinds() and bool(kinds()[kind].remote)


def without(snapshot: Snapshot) -> Snapshot:
    """What can be made there."""
    if not any(is_remote(key.kind) for key in snapshot):
        return snapshot
    return snapshot.part({key for key in snapshot if not is_remote(key.kind)})


def near(asked: Asked) -> Asked:
    """What is asked for, without what is never made there."""
    return asked._replace(
        declared=[item for item in asked.declared if not is_remote(item.address.kind)],
        now=without(asked.now),
        gone=frozenset(key for key in asked.gone if not is_remote(key.kind)),
        absent=frozenset(
            key.name
            for item in asked.declared
            if item.creates and not item.aspect and is_remote(item.address.kind)
            if (key := asked.keys[item]) not in asked.now
        ),
    )


def completed(want: Wanted, asked: Asked) -> Wanted:
    """What is wanted, with what is never made there, which is not proved."""
    found: defaultdict[Key, list[Declared]] = defaultdict(list)
    for item in asked.declared:
        if is_remote(item.address.kind):
            found[asked.keys[item]].append(item)
    there = {key for key in asked.now if is_remote(key.kind)}
    if not found and not there:
        return want
    objects = {**want.snapshot.objects, **{key: asked.now[key] for key in there - asked.gone}}
    objects.update((key, imagined(key, items, asked, asked.now)) for key, items in found.items())
    edges = {edge for edge in asked.now.edges if edge.user in objects and is_remote(edge.user.kind)}
    entities = {**want.entities, **{key: tuple(items) for key, items in found.items()}}
    unable = {key: kinds()[key.kind].remote for key in found.keys() | there}
    unset = {(key, item.aspect): unable[key] for key, items in found.items() for item in items if item.aspect}
    return want._replace(
        snapshot=replace(want.snapshot, objects=objects, edges=want.snapshot.edges.union(edges, _mentions(found))),
        entities=entities,
        unable={**want.unable, **unable},
        unset={**want.unset, **unset},
    )


def imagined(key: Key, items: Sequence[Declared], asked: Asked, there: Snapshot) -> Stored:
    """What ``items`` would make of an object that is, or is not, ``there``.

    Raises:
        DeclarationError: they speak of one that nobody declared, and that is not there.
    """
    now, texts = there.objects.get(key), _texts(items)
    if now is None and not texts:
        raise DeclarationError(
            f"{' '.join(items[0].text.split())!r} speaks of {name_of(key)}, which is neither there nor declared",
            where=items[0].source,
            help="correct the name, or declare it too; what belongs to PostgreSQL itself is not managed",
        )
    made = kinds()[key.kind].imagined(key, texts, asked.said(key, ""), now) if texts else now
    assert made is not None
    found = []
    for name in sorted({item.aspect for item in items if item.aspect}):
        set_ = tuple(item.text for item in items if item.aspect == name)
        found.append(aspect_kind(name).imagined(name, set_, asked.said(key, name), now.aspect(name) if now else None))
    return replace(made, aspects=tuple(filter(None, found)))


def _mentions(found: Mapping[Key, Sequence[Declared]]) -> Iterator[Edge]:
    """What is said of one names another: it is made first."""
    names: defaultdict[str, list[Key]] = defaultdict(list)
    for key in found:
        names[key.name.lower()].append(key)
    for key, items in found.items():
        said = {word for item in items if item.aspect for word in mentioned(item.text, names)}
        yield from (Edge(key, other) for word in sorted(said) for other in names[word] if other != key)


def _texts(items: Sequence[Declared]) -> tuple[str, ...]:
    """The statements that define an object, that which makes it first."""
    return tuple(item.text for item in sorted(items, key=lambda item: not item.creates) if not item.aspect)
