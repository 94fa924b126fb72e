"""Read a database into a Snapshot: one query for each kind, one for the columns, one for the edges.

Nothing here knows a kind by name: what an object is and how it is printed is in `alembic_ext.kinds`; what depends on
what is in ``pg_depend``, where an address that is no object itself (a row type, the rule of a view, the index of a
constraint) stands for the object that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from alembic_ext.kinds import Kind, aspect_kinds, kinds
from alembic_ext.model import Aspect, Edge, Key, Place, Snapshot, Stored
from alembic_ext.sqltext import literal

Query = Callable[[str], Sequence[tuple[Any, ...]]]
Columns = Mapping[int, Mapping[int, tuple[str, str]]]

_COLUMNS = """
    SELECT attrelid, attnum, attname, format_type(atttypid, atttypmod)
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum"""
_EDGES = """
    SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype::text
    FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384"""
_BELONGS = "iPea"
"""The dependencies that tell what an address belongs to, the best first: internal, partition, extension, automatic."""


def read(query: Query, version: int) -> Snapshot:
    """Read all that users made in the database.

    ``query`` gives the rows of one SELECT, ``version`` is ``server_version_num``. The session's search_path is empty
    meanwhile, so that every name is printed with its schema.
    """
    with _settings(query, {"search_path": "", "jit": "off"}):
        catalogs = _catalogs(query)
        columns = _columns(query)
        aspects = _aspects(query)
        objects: dict[Key, Stored] = {}
        places: dict[Place, Key] = {}
        for kind in kinds().values():
            for stored, key, place in _objects(kind, catalogs[kind.catalog], query(kind.query(version)), columns, aspects):
                places[place] = key
                if stored is not None:
                    objects[key] = stored
        edges = _edges(query(_EDGES), places, columns)
    return Snapshot(objects, edges, places)


@contextmanager
def _settings(query: Query, wanted: Mapping[str, str]) -> Iterator[None]:
    names = ", ".join(f"current_setting({literal(name)})" for name in wanted)
    (before,) = query(f"SELECT {names}")
    _tell(query, wanted)
    try:
        yield
    except BaseException:
        with suppress(Exception):
            _tell(query, dict(zip(wanted, before, strict=True)))
        raise
    _tell(query, dict(zip(wanted, before, strict=True)))


def _tell(query: Query, settings: Mapping[str, str]) -> None:
    calls = ", ".join(f"set_config({literal(name)}, {literal(value)}, false)" for name, value in settings.items())
    query(f"SELECT {calls}")


def _catalogs(query: Query) -> dict[str, int]:
    names = sorted({kind.catalog for kind in kinds().values()})
    listed = ", ".join(f"{literal('pg_catalog.' + name)}::regclass::oid" for name in names)
    return dict(zip(names, query(f"SELECT {listed}")[0], strict=True))


def _columns(query: Query) -> Columns:
    columns: dict[int, dict[int, tuple[str, str]]] = {}
    for relation, number, name, type_ in query(_COLUMNS):
        columns.setdefault(relation, {})[number] = (name, type_)
    return columns


def _aspects(query: Query) -> dict[Place, list[tuple[str, str, Sequence[Any]]]]:
    found: dict[Place, list[tuple[str, str, Sequence[Any]]]] = {}
    for kind in aspect_kinds().values():
        for classid, objid, column, *values in query(kind.select):
            found.setdefault((classid, objid), []).append((kind.name, column, values))
    return found


def _objects(kind: Kind, catalog: int, rows: Sequence[tuple[Any, ...]], columns: Columns,
             aspects: Mapping[Place, list[tuple[str, str, Sequence[Any]]]]) -> Iterator[tuple[Stored | None, Key, Place]]:
    relations = kind.catalog == "pg_class"
    readers = aspect_kinds()
    for oid, schema, name, detail, create, state, script in rows:
        key, place = Key(kind.name, schema, name, detail), (catalog, oid)
        if create is None:
            yield None, key, place
            continue
        has: tuple[Aspect, ...] = ()
        if place in aspects:
            identity = kind.identity(key)
            read = [(readers[by].rank, readers[by].read(kind.title, identity, column, values)) for by, column, values in aspects[place]]
            has = tuple(aspect for _, aspect in sorted(read, key=lambda pair: (pair[0], pair[1].name)))
        yield Stored(
            key, place, create, tuple(Aspect(what, (do,), (undo,)) for what, do, undo in zip(*[iter(state)] * 3, strict=True)),
            has, tuple(columns.get(oid, {}).values()) if relations else (), script,
        ), key, place


def _edges(rows: Sequence[tuple[Any, ...]], places: dict[Place, Key], columns: Columns) -> frozenset[Edge]:
    """The edges between objects; ``places`` gains all addresses that stand for one."""
    belongs: dict[Place, tuple[int, Place]] = {}
    for classid, objid, _, refclassid, refobjid, _, deptype in rows:
        place = (classid, objid)
        if place not in places and deptype in _BELONGS:
            order = _BELONGS.index(deptype)
            if place not in belongs or order < belongs[place][0]:
                belongs[place] = order, (refclassid, refobjid)
    for place in belongs:
        chain = [place]
        while chain[-1] in belongs and chain[-1] not in places and belongs[chain[-1]][1] not in chain:
            chain.append(belongs[chain[-1]][1])
        if (key := places.get(chain[-1])) is not None:
            places.update((link, key) for link in chain)
    found: dict[tuple[Key, Key, str], bool] = {}
    for classid, objid, part, refclassid, refobjid, number, deptype in rows:
        user, used = places.get((classid, objid)), places.get((refclassid, refobjid))
        if user is None or used is None or user == used:
            continue
        column = columns[refobjid][number][0] if number and refobjid in columns and number in columns[refobjid] else ""
        auto = deptype in "aiPS" and not part and (classid, objid) not in belongs
        found[user, used, column] = found.get((user, used, column), False) or auto
    return frozenset(Edge(*ends, auto) for ends, auto in found.items())


def stored(query: Query, version: int, names: Collection[str]) -> dict[Key, Stored]:
    """The objects of some kinds only, without their aspects, columns and edges."""
    found: dict[Key, Stored] = {}
    with _settings(query, {"search_path": "", "jit": "off"}):
        for name in sorted(names):
            kind = kinds()[name]
            found |= {key: one for one, key, _ in _objects(kind, 0, query(kind.query(version)), {}, {}) if one is not None}
    return found
