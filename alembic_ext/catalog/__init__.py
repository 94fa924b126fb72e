"""Read a database into a Snapshot: one query for each kind, one for the columns, one for the edges.

Nothing here knows a kind by name: what an object is and how it is printed is in `alembic_ext.kinds`; what depends on
what is in `alembic_ext.catalog.dependencies`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import AbstractContextManager, contextmanager, suppress
from operator import itemgetter
from typing import Any, TypeAlias

from alembic_ext.background import background
from alembic_ext.catalog.dependencies import Columns, add_parts, edges_of, edges_query
from alembic_ext.kinds import AspectKind, Kind, aspect_kinds, kinds
from alembic_ext.kinds._unread import unread
from alembic_ext.model import Aspect, Key, Place, Snapshot, Stored
from alembic_ext.session import PRINTING, Rows
from alembic_ext.sqltext import literal

Query = Callable[[str], Rows]
Beside: TypeAlias = Callable[[], AbstractContextManager[Query | None]]
Each = Callable[[Kind], Iterable[Sequence[Any]]]

COLUMNS = """
    SELECT attrelid, attnum, attname, format_type(atttypid, atttypmod)
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum"""


def read(query: Query, version: int, *, named: bool = True, options: Collection[str] = ()) -> Snapshot:
    """Read all that users made in the database; what is of a kind that is not read is ``named`` only if asked.

    Kinds that want an option are read where it is among the ``options``. ``query`` gives the rows of one SELECT,
    ``version`` is ``server_version_num``. The session's search_path is empty meanwhile, so that every name is printed
    with its schema.
    """
    with settings(query, PRINTING):
        return snapshot(query, version, named=named, options=options)


class Answers(dict[str, Rows]):
    """The rows of each SELECT; what was not asked yet is asked now."""

    def __init__(self, query: Query) -> None:
        super().__init__()
        self.query = query

    def __missing__(self, sql: str) -> Rows:
        self[sql] = self.query(sql)
        return self[sql]


def answered(
    query: Query, beside: Beside, version: int, *, named: bool = True, options: Collection[str] = ()
) -> Answers:
    """The answers to all that a `snapshot` asks, from two sessions; each takes the next question when it is free.

    The sessions have the settings for it; ``beside`` opens the other one, which begins with what is asked in any case,
    while this one learns what kinds there are.
    """
    answers, wanted = Answers(query), _wanted(options)
    questions = deque([edges_query(wanted), COLUMNS, *(kind.query(version) for kind in aspect_kinds().values())])
    questions += [unread()] if named else []

    def answer(ask: Query) -> None:
        with suppress(IndexError):
            while True:
                sql = questions.popleft()
                answers[sql] = ask(sql)

    def answer_beside() -> None:
        with beside() as ask:
            if ask is not None:  # else one is enough
                answer(ask)

    other = background(answer_beside)
    try:
        questions += [kind.query(version) for kind, _ in present(answers.__getitem__, wanted)]
        answer(query)
    finally:
        questions.clear()
        wait([other])
    other.result()
    return answers


def _wanted(options: Collection[str]) -> list[Kind]:
    return [kind for kind in kinds().values() if not kind.option or kind.option in options]


def snapshot(
    query: Query,
    version: int,
    *,
    named: bool = True,
    options: Collection[str] = (),
    each: Each | None = None,
) -> Snapshot:
    """The same in a session that has the settings for it.

    ``each`` gives the rows of one kind, where that takes more than to send its query.
    """
    wanted = _wanted(options)
    found, places = found_objects(query, version, present(query, wanted), each)
    columns = columns_of(query)
    dependencies = query(edges_query(wanted))
    aspects = [(kind, query(kind.query(version))) for kind in aspect_kinds().values()]
    rest = query(unread()) if named else ()
    own = {place for _, place, _ in found}
    copies = places.keys() - own
    add_parts(dependencies, places)
    objects = objects_of(found, columns, aspects_of(aspects, own, places))
    edges, after = edges_of(dependencies, own, copies, places, columns)
    return Snapshot(
        objects,
        edges,
        places,
        tuple(name for *place, name in rest if name and tuple(place) not in own),  # NULL: it is gone again
        after,
    )


def stored(query: Query, version: int, names: Collection[str]) -> dict[Key, Stored]:
    """The objects of some kinds only, without their aspects, columns and edges."""
    with settings(query, PRINTING):
        wanted = [kind for kind in kinds().values() if kind.name in names]
        found, _ = found_objects(query, version, present(query, wanted))
    return objects_of(found, {}, {})


@contextmanager
def settings(query: Query, wanted: Mapping[str, str]) -> Iterator[None]:
    """Other settings for a session of which we are guests; those that were there come back."""
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


def present(query: Query, wanted: Iterable[Kind]) -> list[tuple[Kind, int]]:
    """The kinds of which there may be objects, each with the oid of its catalog."""
    asked: dict[str, list[Kind]] = {}
    for kind in wanted:
        asked.setdefault(kind.catalog, []).append(kind)
    tests = []
    for catalog, group in asked.items():
        signs = ", ".join(f"bool_or({kind.sign})" if kind.sign else "count(*) >= 0" for kind in group)
        shown = group[0].shown_in or catalog
        tests.append(f"'{catalog}'::regclass::oid, (SELECT ARRAY[{signs}] FROM {shown} WHERE oid >= 16384)")
    (row,) = query(f"SELECT {', '.join(tests)}")
    answers = zip(asked.values(), row[::2], row[1::2], strict=True)
    return [(kind, oid) for group, oid, found in answers for kind, there in zip(group, found, strict=True) if there]


def columns_of(query: Query) -> Columns:
    """The columns of all relations: of each, by number, name and type."""
    columns: dict[int, dict[int, tuple[str, str]]] = {}
    for relation, number, name, type_ in query(COLUMNS):
        columns.setdefault(relation, {})[number] = (name, type_)
    return columns


Row = tuple[Key, Place, list[Any]]


def found_objects(
    query: Query, version: int, present: Iterable[tuple[Kind, int]], each: Each | None = None
) -> tuple[list[Row], dict[Place, Key]]:
    """The objects as rows, sorted by kind and key, and the key of every place that a row tells.

    ``present`` are the kinds to ask for, each with the oid of its catalog.
    """
    rows: list[Row] = []
    places: dict[Place, Key] = {}
    for kind, catalog in present:
        some: list[Row] = []
        for oid, schema, name, detail, *printed in each(kind) if each else query(kind.query(version)):
            place, key = (catalog, oid), Key(kind.name, schema, name, detail)
            places[place] = key
            if printed[0] is not None:
                some.append((key, place, printed))
        rows += sorted(some, key=itemgetter(0))
    return rows, places


def objects_of(rows: Iterable[Row], columns: Columns, aspects: Mapping[Key, tuple[Aspect, ...]]) -> dict[Key, Stored]:
    """The objects that rows of `found_objects` tell of."""
    # the columns of an index keep the names that those of its table once had
    relation = {kind.name for kind in kinds().values() if kind.catalog == "pg_class" and not kind.of_table}
    none: tuple[tuple[str, str], ...] = ()
    return {
        key: Stored(
            key,
            place,
            create,
            _state(state, kinds()[key.kind].exclusive) if state else (),
            aspects.get(key, ()),
            tuple(columns[place[1]].values()) if key.kind in relation and place[1] in columns else none,
            script,
            tuple(facts),
        )
        for key, place, (create, state, script, *facts) in rows
    }


def _state(parts: Sequence[str], exclusive: Collection[str]) -> tuple[Aspect, ...]:
    triples = zip(*[iter(parts)] * 3, strict=True)
    return tuple(Aspect(name, (do,), (undo,), adds=name in exclusive) for name, do, undo in triples)


def aspects_of(
    found: Sequence[tuple[AspectKind, Sequence[tuple[Any, ...]]]], own: Collection[Place], places: Mapping[Place, Key]
) -> dict[Key, tuple[Aspect, ...]]:
    """The aspects of each object, its parts' among them: the comment on the index behind a constraint."""
    aspects: dict[Key, list[tuple[int, str, Aspect]]] = {}
    for reader, rows in found:
        for classid, objid, column, word, identity, *values in rows:
            place = classid, objid
            if (key := places.get(place)) is None:
                continue
            part = place not in own and not column
            if part and not word:
                continue
            if not part:
                kind = kinds()[key.kind]
                word, identity = kind.title, kind.identity(key)
            aspect = reader.read(word, identity, column, values)
            if aspect is None:
                continue
            if part:
                aspect = aspect._replace(name=f"{aspect.name} of {word.lower()} {identity}")
            aspects.setdefault(key, []).append((reader.rank, aspect.name, aspect))
    return {key: tuple(aspect for *_, aspect in sorted(some, key=itemgetter(0, 1))) for key, some in aspects.items()}
