"""What a sandbox cannot hold or set is taken to be as it was, unless the declaration is not what a revision wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_ext.kinds import aspect_kinds
from alembic_ext.model import Aspect, Declared, Key, Snapshot
from alembic_ext.sqltext.edit import without_or_replace

if TYPE_CHECKING:
    from alembic_ext.scratch.asked import Asked


def with_unset(
    snapshot: Snapshot, asked: Asked, entities: Mapping[Key, Sequence[Declared]], unset: Collection[tuple[Key, str]]
) -> Snapshot:
    """An aspect that may not be set there is taken to be as it was, unless its text is not the one that set it."""
    objects = dict(snapshot.objects)
    for key, name in unset:
        texts = tuple(item.text for item in entities[key] if item.aspect == name)
        old = asked.now[key].aspect(name) if key in asked.now and asked.written(key, name) == texts else None
        others = tuple(aspect for aspect in objects[key].aspects if aspect.name != name)
        back = tuple(map(_undone, texts))
        objects[key] = replace(objects[key], aspects=(*others, old or Aspect(name, texts, back)))
    return replace(snapshot, objects=objects)


def _undone(text: str) -> str:
    return next(filter(None, (kind.undone(text) for kind in aspect_kinds().values())), "")


def with_unable(snapshot: Snapshot, asked: Asked, unable: Mapping[Key, str]) -> Snapshot:
    """What the sandbox cannot hold is taken to be as it was, unless its text is not the one that made it."""
    if not unable:
        return snapshot
    texts: defaultdict[Key, list[str]] = defaultdict(list)
    for item in asked.declared:
        if asked.keys.get(item) in unable and not item.aspect:
            texts[asked.keys[item]].append(item.text)
    objects = dict(snapshot.objects)
    for key in unable.keys() - asked.gone:
        stored, (text, *more) = asked.now[key], texts.get(key) or [""]
        changed = (
            bool(text)
            and bool(before := asked.written(key, ""))
            and tuple(map(without_or_replace, (text, *more))) != tuple(map(without_or_replace, before))
        )
        objects[key] = replace(stored, create=text) if changed else stored
    edges = snapshot.edges | {
        edge for edge in asked.now.edges if edge.user in unable and edge.user in objects and edge.used in objects
    }
    return replace(snapshot, objects=objects, edges=edges)
