"""What changed in a database since one last looked, read without reading the rest.

A whole `catalog.read` takes some 70 ms for 1000 objects, and a stairway of 300 revisions looks 600 times. So a look
first asks for one sum over each system catalog (`_MARKS`: over the transactions that wrote its rows), then, of the
catalogs that differ, which objects differ, and reads these, what they belong to and whatever depends on them, since a
view prints the names of others. A catalog that no mark maps to objects is watched too: when it changes, everything is
read. `Watch.whole` reads everything again, for whoever wants to know whether looking was enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from alembic_ext import catalog
from alembic_ext.catalog.dependencies import add_parts, edges_query
from alembic_ext.kinds import Kind, aspect_kinds, kinds
from alembic_ext.model import Key, Place, Stored
from alembic_ext.session import Rows, Session

Changes = Mapping[Key, tuple[Stored | None, Stored | None]]
"""What each object was, and what it is; None where it was or is not there."""

SETTINGS = {"search_path": "", "jit": "off", "plan_cache_mode": "force_generic_plan"}
"""What the session of a watch is told: plans are made once, since making them takes longer than running them."""

_FIRST = 16384
_PARTS = {
    "pg_attribute": ("'pg_class'::regclass", "attrelid"),
    "pg_index": ("'pg_class'::regclass", "indexrelid"),
    "pg_inherits": ("'pg_class'::regclass", "inhrelid"),
    "pg_partitioned_table": ("'pg_class'::regclass", "partrelid"),
    "pg_foreign_table": ("'pg_class'::regclass", "ftrelid"),
    "pg_sequence": ("'pg_class'::regclass", "seqrelid"),
    "pg_enum": ("'pg_type'::regclass", "enumtypid"),
    "pg_range": ("'pg_type'::regclass", "rngtypid"),
    "pg_aggregate": ("'pg_proc'::regclass", "aggfnoid::oid"),
    "pg_amop": ("'pg_opfamily'::regclass", "amopfamily"),
    "pg_amproc": ("'pg_opfamily'::regclass", "amprocfamily"),
    "pg_ts_config_map": ("'pg_ts_config'::regclass", "mapcfg"),
    "pg_publication_rel": ("'pg_publication'::regclass", "prpubid"),
    "pg_publication_namespace": ("'pg_publication'::regclass", "pnpubid"),
    "pg_description": ("classoid", "objoid"),
    "pg_seclabel": ("classoid", "objoid"),
    "pg_depend": ("classid", "objid"),
}
"""Catalogs whose rows are parts of objects: SQL for the catalog and the oid of what a row belongs to."""
_STILL = frozenset({
    "pg_statistic", "pg_statistic_ext_data", "pg_largeobject", "pg_largeobject_metadata", "pg_init_privs",
    "pg_subscription_rel", "pg_auth_members", "pg_database", "pg_db_role_setting", "pg_parameter_acl",
    "pg_replication_origin", "pg_shdepend", "pg_shdescription", "pg_shseclabel", "pg_tablespace",
})  # fmt: skip
"""Catalogs that say nothing of what is printed, or that other databases write to."""


class Watch:
    """What is in a database, kept up to date by `look`.

    ``session`` is for the watch alone, and was told `SETTINGS`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._prepared: dict[str, str] = {}
        self._oids = {name: oid for oid, name in session.rows(
            "SELECT oid, relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace "
            "AND relkind = 'r' AND has_table_privilege(oid, 'SELECT')"
        )}  # fmt: skip
        self._marks = dict(_marks(self._oids))
        self._sums = " UNION ALL ".join(
            f"(SELECT '{name}', sum(mark)::text FROM ({sql}) AS m)" for name, sql in self._marks.items()
        )
        self._seen: dict[str, str] = {}
        self._by_place: dict[str, dict[Place, Any]] = {}
        self.objects: dict[Key, Stored] = {}
        self._read()

    def look(self) -> Changes:
        """What has changed since the last look; what an open transaction has written cannot be seen."""
        sums = self._summed()
        different = [name for name, found in sums.items() if self._seen[name] != found]
        if not different:
            return {}
        if any(name not in self._by_place for name in different):
            return self.whole()
        touched: set[Place] = set()
        for name, now in self._marks_of(different).items():
            touched |= {place for place, _ in self._by_place[name].items() ^ now.items()}
            self._by_place[name] = now
        self._seen = sums
        if any(oid < _FIRST for _, oid in touched):
            return self.whole()
        return self._look_at(touched)

    def whole(self) -> Changes:
        """The same, found by reading everything."""
        before = self.objects
        self._read()
        return _changes(before, self.objects, {*before, *self.objects})

    def _read(self) -> None:
        query, version = self.session.rows, self.session.version
        self._seen = self._summed()
        self._by_place = self._marks_of([name for name in self._marks if name in _PARTS or name in _catalogs()])
        found, self._places = catalog.found_objects(query, version, catalog.present(query, _kinds()))
        self._own = {place for _, place, _ in found}
        self._uses: dict[Place, list[tuple[Any, ...]]] = defaultdict(list)
        self._users: dict[Place, set[Place]] = defaultdict(set)
        dependencies = query(edges_query(_kinds()))
        self._learn(dependencies)
        add_parts(dependencies, self._places)
        aspects = [(kind, query(kind.query(version))) for kind in aspect_kinds().values()]
        self.objects = catalog.objects_of(
            found, catalog.columns_of(query), catalog.aspects_of(aspects, self._own, self._places)
        )

    def _look_at(self, touched: set[Place]) -> Changes:
        for place in touched:
            for row in self._uses.pop(place, ()):
                self._users[row[3], row[4]].discard(place)
        (dependencies,) = self._rows(_of(touched, edges_query(_kinds()), 2)[1:])
        self._learn(row for row in dependencies if (row[0], row[1]) in touched)
        places: set[Place] = set()
        more = touched
        while more - places:
            places |= self._reach(more | places)
            known = {self._places[place] for place in places if place in self._places}
            answers, asked = self._ask(places)
            rows, found = catalog.found_objects(answers.__getitem__, self.session.version, asked)
            more = {self.objects[key].place for key in known.union(found.values()) if key in self.objects}
        for place in places:
            self._places.pop(place, None)
            self._own.discard(place)
        self._places.update(found)
        self._own |= {place for _, place, _ in rows}
        add_parts([row for place in places for row in self._uses.get(place, ())], self._places)
        aspects = [
            (kind, [row for row in answers[kind.query(self.session.version)] if (row[0], row[1]) in places])
            for kind in aspect_kinds().values()
        ]
        now = catalog.objects_of(
            rows,
            catalog.columns_of(answers.__getitem__),
            catalog.aspects_of(aspects, self._own, self._places),
        )
        before = {key: self.objects[key] for key in known if key in self.objects}
        for key in before:
            del self.objects[key]
        self.objects |= now
        return _changes(before, now, {*before, *now})

    def _ask(self, places: Collection[Place]) -> tuple[Mapping[str, Rows], list[tuple[Kind, int]]]:
        """The rows of all queries for these places, by the text of the query, and the kinds that were asked for."""
        version, oids = self.session.version, {place[0] for place in places}
        wanted = [
            (kind, self._oids[kind.catalog]) for kind in _kinds()
            if not kind.hollow and self._oids.get(kind.catalog) in oids
        ]  # fmt: skip
        asked: list[tuple[str, str, str]] = []
        for kind, catalog_oid in wanted:
            asked.append(_of((place for place in places if place[0] == catalog_oid), kind.query(version), 1))
        asked.append(_of((place for place in places if place[0] == self._oids["pg_class"]), catalog.COLUMNS, 1))
        asked += [_of(places, kind.query(version), 2) for kind in aspect_kinds().values()]
        answers = self._rows(*[(sql, values) for _, sql, values in asked])
        return {query: rows for (query, _, _), rows in zip(asked, answers, strict=True)}, wanted

    def _summed(self) -> dict[str, str]:
        (rows,) = self._rows((self._sums, ""))
        return dict(rows)

    def _learn(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            self._uses[row[0], row[1]].append(row)
            self._users[row[3], row[4]].add((row[0], row[1]))

    def _reach(self, places: set[Place]) -> set[Place]:
        """The places, what uses them, directly or not, and what all these belong to."""
        found, pending = set(places), list(places)
        while pending:
            for user in self._users.get(pending.pop(), ()):
                if user not in found:
                    found.add(user)
                    pending.append(user)
        return found | set(self._holders(found))

    def _holders(self, places: Iterable[Place]) -> Iterator[Place]:
        seen: set[Place] = set()
        pending = list(places)
        while pending:
            for row in self._uses.get(pending.pop(), ()):
                holder = row[3], row[4]
                if row[6] in "iPea" and holder not in seen:
                    seen.add(holder)
                    pending.append(holder)
                    yield holder

    def _marks_of(self, names: Sequence[str]) -> dict[str, dict[Place, Any]]:
        answers = self._rows(*(
            (f"SELECT classid, objid, sum(mark)::text FROM ({self._marks[name]}) AS m GROUP BY 1, 2", "")
            for name in names
        ))  # fmt: skip
        return {
            name: {(classid, objid): mark for classid, objid, mark in rows}
            for name, rows in zip(names, answers, strict=True)
        }

    def _rows(self, *asked: tuple[str, str]) -> list[Rows]:
        """The rows of SELECTs that are asked again and again, each with the oids that are ``$1`` in it, or ''."""
        fresh = [pair for pair in dict.fromkeys(asked) if pair[0] not in self._prepared]
        for sql, values in fresh:
            name = self._prepared[sql] = f"alembic_ext_{len(self._prepared)}"
            self.session.run(f"PREPARE {name} {values and '(bigint[])'} AS {sql}")
        if not asked:
            return []
        return self.session.several(
            [f"EXECUTE {self._prepared[sql]}{values and f'({values})'}" for sql, values in asked]
        )


def _of(places: Iterable[Place], sql: str, position: int) -> tuple[str, str, str]:
    """A SELECT, a SELECT of those of its rows whose column at that position is the oid of a place, and these oids."""
    oids = ",".join(map(str, sorted({oid for _, oid in places})))
    names = ", ".join(f"place_{number}" for number in range(1, position + 1))
    asked = "place_1 = ANY ($1::oid[])" if position == 1 else f"place_{position}::bigint = ANY ($1)"
    return sql, f"SELECT * FROM ({sql}) AS q ({names}) WHERE {asked}", f"'{{{oids}}}'"


def _kinds() -> list[Kind]:
    """The kinds that a database has, not those of the whole server."""
    return [kind for kind in kinds().values() if not kind.option]


def _catalogs() -> frozenset[str]:
    """The catalogs in which objects are found by their oid; of one row there may be several that are hollow."""
    return frozenset(kind.catalog for kind in _kinds() if not kind.hollow)


def _marks(readable: Iterable[str]) -> Iterator[tuple[str, str]]:
    """For each catalog a SELECT of classid, objid and a mark for each row; two zeros where no object is known."""
    own = _catalogs()
    for name in sorted(set(readable) - _STILL):
        if name in own:
            classid, objid = f"'{name}'::regclass", "oid"
        elif name in _PARTS:
            classid, objid = _PARTS[name]
        else:
            yield name, f"SELECT 0 AS classid, 0 AS objid, hashtext(xmin::text || ctid::text) AS mark FROM {name}"
            continue
        user_made = f"{objid} >= {_FIRST}"
        if name == "pg_namespace":
            user_made = "true"
        elif classid in ("classoid", "classid"):
            user_made += f" OR {classid} = 'pg_namespace'::regclass"
        yield (
            name,
            (
                f"SELECT {classid}::oid AS classid, {objid} AS objid, "
                f"hashtextextended(xmin::text, {objid}::bigint) AS mark FROM {name} WHERE {user_made}"
            ),
        )


def _changes(before: Mapping[Key, Stored], now: Mapping[Key, Stored], keys: Iterable[Key]) -> Changes:
    pairs = {key: (before.get(key), now.get(key)) for key in sorted(keys)}
    return {key: pair for key, pair in pairs.items() if _told(pair[0]) != _told(pair[1])}


def _told(stored: Stored | None) -> tuple[Any, ...]:
    """What is printed of an object; where the catalogs keep it is nobody's business."""
    if stored is None:
        return ()
    return stored.create, stored.state, stored.aspects, stored.columns, stored.script
