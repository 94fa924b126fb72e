"""What the server would not drop something of its own for: said when the revision is written, not when it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alembic_ext.kinds import kinds, name_of
from alembic_ext.model import Aspect, Key, Place
from alembic_ext.operations.pieces import Piece
from alembic_ext.sqltext import mentioned

if TYPE_CHECKING:
    from alembic_ext.engine.world import World

log = logging.getLogger(f"alembic.{__name__}")
SHOWN = 4


def noted(
    pieces: Sequence[Piece],
    world: World,
    places: Mapping[Place, Key],
    query: Callable[[str], Sequence[tuple[Any, ...]]],
) -> list[Piece]:
    """The pieces, with what holds what they drop; that is also a warning.

    ``places`` are those of the live database, ``query`` gives the rows of one SELECT there.
    """
    found, rows = [], dict[str, list[tuple[Any, ...]]]()
    for piece in pieces:
        step = piece.step
        if step is not None and step.verb == "drop" and not step.aspect and (text := kinds()[step.key.kind].held):
            if text not in rows:
                rows[text] = list(query(text))
            oid = world.now[step.key].place[1]
            words = [words for held, where, *place, words in rows[text]
                     if held == oid and (where or _stays(world, step.key, places, (place[0], place[1])))]  # fmt: skip
            if words := list(dict.fromkeys(words)):
                more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
                said = f"PostgreSQL refuses this as long as it {', '.join(words[:SHOWN])}{more}"
                log.warning("%s is dropped, but %s", name_of(step.key), said)
                notes = (*piece.lines.notes, said.replace("\n", " "))
                piece = piece._replace(lines=piece.lines._replace(notes=notes))
        found.append(piece)
    return found


def _stays(world: World, held: Key, places: Mapping[Place, Key], place: Place) -> bool:
    """Whether what stands there still names it after the revision."""
    classid, objid = place
    keys = filter(None, (places.get((classid, oid)) for oid in (objid, -objid)))  # see `World.standing`
    return all(_names_it(world, held, key) for key in keys)


def _names_it(world: World, held: Key, key: Key) -> bool:
    if key not in world.want.snapshot or key not in world.now:
        return False
    old, new, compared = world.now[key], world.want.snapshot[key], world.compared.get(key, frozenset())

    def names(*texts: str) -> bool:
        return any(mentioned(text, {held.name.lower()}) for text in texts)

    def goes(aspect: Aspect) -> bool:
        return aspect.name in compared and new.aspect(aspect.name) != aspect

    if names(*old.definition):
        return names(*new.definition)
    naming = [aspect for aspect in old.aspects if names(*aspect.set)]
    return not naming or not all(map(goes, naming))
