"""What depends on what, as ``pg_depend`` has it, between objects.

There an address that is no object itself (a row type, the rule of a view, the index of a constraint) stands for the
object that it belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from alembic_ext.kinds import Kind, kinds
from alembic_ext.model import Edge, Key, Place

Columns = Mapping[int, Mapping[int, tuple[str, str]]]

_EDGES = """
    SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid,
           CASE WHEN {others} THEN 'n' ELSE deptype::text END
    FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384"""
_BELONGS = "iPea"
"""The dependencies that tell what an address belongs to, the best first: internal, partition, extension, automatic."""
_JOINED = (1259, 2615)
"""pg_class and pg_namespace, by their fixed oids: what joins a relation or schema to an object is part of that."""


def edges_query(wanted: Iterable[Kind]) -> str:
    """A SELECT of all dependencies: classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype."""
    return " UNION ALL ".join([_EDGES.format(others=_others()), *filter(None, (kind.links for kind in wanted))])


def _others() -> str:
    """A condition: what a row that is part of an object depends on is not that object."""
    owners: dict[str, list[str]] = {}
    for kind in kinds().values():
        for catalog in kind.rows:
            owners.setdefault(catalog, []).append(f"'{kind.catalog}'::regclass")
    tests = [
        f"(classid = '{catalog}'::regclass AND refclassid NOT IN ({', '.join(some)}))"
        for catalog, some in owners.items()
    ]
    return " OR ".join(tests)


def add_parts(rows: Sequence[tuple[Any, ...]], places: dict[Place, Key]) -> None:
    """Let ``places`` know every address that stands for an object without being one."""
    belongs: dict[Place, tuple[tuple[int, bool], Place]] = {}
    for classid, objid, _, refclassid, refobjid, _, deptype in rows:
        if deptype in _BELONGS and (place := (classid, objid)) not in places:
            order = _BELONGS.index(deptype), refclassid in _JOINED
            if place not in belongs or order < belongs[place][0]:
                belongs[place] = order, (refclassid, refobjid)
    for place, (_, above) in belongs.items():
        if (key := places.get(above)) is not None:
            places[place] = key
            continue
        chain = [place]
        while chain[-1] in belongs and chain[-1] not in places and belongs[chain[-1]][1] not in chain:
            chain.append(belongs[chain[-1]][1])
        if (key := places.get(chain[-1])) is not None:
            places.update((link, key) for link in chain)


def edges_of(
    rows: Sequence[tuple[Any, ...]],
    own: Collection[Place],
    copies: Collection[Place],
    places: Mapping[Place, Key],
    columns: Columns,
) -> tuple[frozenset[Edge], frozenset[tuple[Key, Key]]]:
    """The edges; and what stands after the tables that ``copies`` of it are on, which it does not need."""
    found: dict[tuple[Key, Key, str], bool] = {}
    after: set[tuple[Key, Key]] = set()
    for classid, objid, part, refclassid, refobjid, number, deptype in rows:
        place = classid, objid
        if (user := places.get(place)) is None or (used := places.get((refclassid, refobjid))) is None or user == used:
            continue
        if place in copies and not kinds()[used.kind].droppable:
            if deptype == "a":
                after.add((user, used))
            continue
        column = columns[refobjid][number][0] if number and refobjid in columns and number in columns[refobjid] else ""
        ends = user, used, column
        if not found.get(ends):
            found[ends] = deptype in "aiPSx" and not part and place in own
    return frozenset(Edge(*ends, auto) for ends, auto in found.items()), frozenset(after)
