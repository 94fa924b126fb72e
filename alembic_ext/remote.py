"""What is never made in a throw-away database: what is wanted of it is imagined from what is there. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_ext.kinds import kinds
from alembic_ext.model import Aspect, Declared, Key, Snapshot
from alembic_ext.sqltext import split

if TYPE_CHECKING:
    from alembic_ext.scratch import Asked, Wanted


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
    return replace(
        asked,
        declared=[item for item in asked.declared if not is_remote(item.address.kind)],
        now=without(asked.now),
        gone=frozenset(key for key in asked.gone if not is_remote(key.kind)),
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
    for key, items in found.items():
        now = asked.now.objects.get(key)
        made = kinds()[key.kind].imagined(key, _texts(items), asked.said(key, ""), now)
        objects[key] = replace(made, aspects=_aspects(key, items, asked))
    entities = {**want.entities, **{key: tuple(items) for key, items in found.items()}}
    unable = {key: kinds()[key.kind].remote for key in found.keys() | there}
    unset = {(key, item.aspect): unable[key] for key, items in found.items() for item in items if item.aspect}
    return replace(
        want,
        snapshot=replace(want.snapshot, objects=objects),
        entities=entities,
        unable={**want.unable, **unable},
        unset={**want.unset, **unset},
    )


def _aspects(key: Key, items: Sequence[Declared], asked: Asked) -> tuple[Aspect, ...]:
    """What is set on it: as it is where that is what is declared, or what a revision has set; else as declared."""
    there = {aspect.name: aspect for aspect in asked.now[key].aspects} if key in asked.now else {}
    found = dict(there)
    for name in {item.aspect for item in items if item.aspect}:
        texts = tuple(item.text for item in items if item.aspect == name)
        if name in there:
            same = _meaning(there[name].set) == _meaning(texts)
        else:
            same = asked.said(key, name)[-len(texts) :] == texts
        if not same:
            found[name] = Aspect(name, texts, ("",) * len(texts))
    return tuple(found[name] for name in sorted(found))


def _meaning(texts: Sequence[str]) -> list[Any]:
    """Statements without the places where their words stand."""

    def placeless(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {name: placeless(value) for name, value in node.items() if name != "location"}
        return [placeless(value) for value in node] if isinstance(node, list) else node

    return [placeless(statement.tree) for text in texts for statement in split(text)]


def _texts(items: Sequence[Declared]) -> tuple[str, ...]:
    """The statements that define an object, that which makes it first."""
    return tuple(item.text for item in sorted(items, key=lambda item: not item.creates) if not item.aspect)
