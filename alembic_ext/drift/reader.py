"""Read production gently: one statement for each kind, each over at once, and none that waits for long.

What has a query in it is printed with locks (ACCESS SHARE) on the relations that it speaks of, so as many objects are
printed by one statement as a quarter of the lock table can hold. What cannot be locked within the lock_timeout is left
out, with all that is printed through it, and named. Whether somebody changed the schema meanwhile is seen by a
fingerprint of the catalogs; then all is read again, and what never holds still is named too.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alembic_ext import catalog
from alembic_ext.drift.connection import NoRoom, Production
from alembic_ext.drift.fingerprint import fingerprint
from alembic_ext.kinds import Kind, kinds
from alembic_ext.model import Key, Snapshot, Stored
from alembic_ext.sqltext import ident, literal

ROUNDS = 4
"""How often all is read while others change it."""
LOCKED = "another session holds an exclusive lock on what it is printed through"
UNSETTLED = "it was changed while it was read"

_FACTS = """
    SELECT current_user::text,
           greatest(current_setting('max_locks_per_transaction')::int
                    * current_setting('max_connections')::int / 4, 64){may}
"""
_WEIGHTS = """
    SELECT 'pg_class'::regclass AS classid, r.ev_class AS objid, count(DISTINCT d.refobjid) + 1 AS locks
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.objid >= 16384 GROUP BY 2
    UNION ALL
    SELECT d.classid, d.objid, count(DISTINCT d.refobjid) + 1
    FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.objid >= 16384 AND d.classid IN ({catalogs})
    GROUP BY 1, 2"""
"""How many relations are locked to print each object."""
_PARTS = """
    SELECT w.classid::regclass::text, min(w.objid::bigint) FROM (
      SELECT classid, objid, (sum(locks) OVER (PARTITION BY classid ORDER BY objid) / {room})::bigint
      FROM ({weights}) u) w (classid, objid, part)
    GROUP BY w.classid, w.part ORDER BY 1, 2"""
_EXCLUSIVE = """
    SELECT DISTINCT relation FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND relation >= 16384 AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_THROUGH = """
    WITH l (oid) AS (SELECT unnest({relations})),
         d AS (SELECT d.classid, d.objid FROM pg_depend d JOIN l ON l.oid = d.refobjid
               WHERE d.refclassid = 'pg_class'::regclass)
    SELECT 'pg_class', oid FROM l
    UNION SELECT classid::regclass::text, objid FROM d
    UNION SELECT 'pg_class', r.ev_class FROM d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass"""
"""What is printed through relations, or is one of them, or a part."""


@dataclass(frozen=True)
class Reading:
    """What was read, and what could not be: with the reason.

    ``owner`` is whose objects need no owner to be named, ``reader`` who read. ``rounds`` is how often all was read,
    ``present_only`` are kinds of which who reads may see no more than that they are there.
    """

    snapshot: Snapshot
    unread: Mapping[Key, str] = field(default_factory=dict)
    owner: str = ""
    reader: str = ""
    rounds: int = 1
    present_only: frozenset[str] = frozenset()


def read(production: Production, owner: str = "") -> Reading:
    """Read all.

    Args:
        production: the connection.
        owner: the role that the migrations run as, in which name grants and owners are told; empty is who reads.

    Raises:
        Locked: the catalogs themselves are locked.
    """
    hidden = {kind.name: kind.catalog for kind in kinds().values() if kind.shown_in}
    may = "".join(f", has_table_privilege({literal(name)}, 'SELECT')" for name in hidden.values())
    ((me, room, *seen),) = production.rows(_FACTS.format(may=may))
    shy = frozenset(name for name, good in zip(hidden, seen, strict=True) if not good)
    owner = owner or me
    before = fingerprint(production)
    held: set[int] = set()
    last: tuple[Snapshot, Mapping[Key, str]] | None = None
    for number in range(1, ROUNDS + 1):
        one = _Round(production, owner, room, held)
        found: tuple[Snapshot, Mapping[Key, str]] = one.read(), dict.fromkeys(one.unread, LOCKED)
        after = fingerprint(production)
        if after == before:
            break
        if last is not None and number == ROUNDS:
            found = _settled(found, last)
        last, before = found, after
        time.sleep(0.05 * number)
    snapshot, unread = found
    return Reading(_named(snapshot, owner), unread, owner, me, number, shy)


def _settled(
    found: tuple[Snapshot, Mapping[Key, str]], last: tuple[Snapshot, Mapping[Key, str]]
) -> tuple[Snapshot, Mapping[Key, str]]:
    """What two readings agree on; the rest was not read."""
    one, other = found[0].objects, last[0].objects
    moving = {
        key
        for key in one.keys() | other.keys()
        if key not in one or key not in other or _text(one[key]) != _text(other[key])
    }
    names = tuple(name for name in found[0].unread if name in last[0].unread)
    return replace(found[0].part(one.keys() - moving), unread=names), {
        **found[1],
        **last[1],
        **dict.fromkeys(sorted(moving), UNSETTLED),
    }


def _text(stored: Stored) -> tuple[Any, ...]:
    return stored.definition, stored.aspects


def _named(snapshot: Snapshot, owner: str) -> Snapshot:
    """The snapshot with what the owner has under one name, that of CURRENT_USER: it stands there by his own too."""
    again, mine = f"grant to {ident(owner)}", (f"of {owner} in schema ", f"of {owner} for ")
    return replace(
        snapshot,
        objects={
            key: replace(stored, aspects=tuple(one for one in stored.aspects if one.name != again))
            for key, stored in snapshot.objects.items()
            if not (kinds()[key.kind].hollow and key.name.startswith(mine))
        },
    )


class _Round:
    """One reading of all kinds."""

    def __init__(self, production: Production, owner: str, room: int, held: set[int]) -> None:
        self._production, self._owner, self._room, self._held = production, owner, room, held
        self.unread: list[Key] = []
        self._left: dict[str, list[int]] = {}
        self._starts: dict[str, list[int]] = {}

    def read(self) -> Snapshot:
        """All that can be read."""
        self._divide()
        self._leave()
        return catalog.snapshot(self._rows, self._production.version, each=self._each)

    def _rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        return self._production.patient(lambda: self._said(sql), self._blocked)

    def _said(self, sql: str) -> str:
        """A statement as the role would send it that the migrations run as."""
        return sql.replace("current_user", literal(self._owner)).replace("session_user", "NULL")

    def _each(self, kind: Kind) -> Sequence[Sequence[Any]]:
        sql = self._said(kind.query(self._production.version))
        while True:
            try:
                found = [row for span in self._spans(kind) for row in self._part(kind, sql, span)]
                break
            except NoRoom:
                if self._room <= 1:
                    raise
                self._room //= 4
                self._divide()
        if left := self._left.get(kind.catalog):
            names = f"SELECT o, s, n, d FROM ({sql}) q (o, s, n, d) WHERE o = ANY ({_array(left)})"
            self.unread += [Key(kind.name, *key) for _, *key in self._rows(names)]
        return found

    def _spans(self, kind: Kind) -> Iterator[tuple[int | None, int | None]]:
        starts = self._starts.get(kind.catalog, [])[1:] if kind.locks else []
        return zip([None, *starts], [*starts, None], strict=True)

    def _part(self, kind: Kind, sql: str, span: tuple[int | None, int | None]) -> Sequence[tuple[Any, ...]]:
        """The rows of one kind between two oids, without what is left out; a lock that is missed leaves out more."""

        def make() -> str:
            low, high = span
            tests = [f"q.place >= {low}"] * (low is not None) + [f"q.place < {high}"] * (high is not None)
            if left := self._left.get(kind.catalog):
                tests.append(f"q.place <> ALL ({_array(left)})")
            return f"SELECT * FROM ({sql}) q (place) WHERE {' AND '.join(tests)}" if tests else sql

        return self._production.patient(make, self._blocked)

    def _divide(self) -> None:
        """Tell where, by their oids, the objects of a catalog are divided so that the locks for a part have room."""
        catalogs = ", ".join(
            f"'{name}'::regclass"
            for name in sorted({kind.catalog for kind in kinds().values() if kind.locks} - {"pg_class"})
        )
        self._starts = {}
        for name, start in self._rows(_PARTS.format(room=self._room, weights=_WEIGHTS.format(catalogs=catalogs))):
            self._starts.setdefault(name, []).append(start)

    def _blocked(self) -> None:
        """A lock was not obtained: find out who holds one, and leave out what cannot be had."""
        self._held |= {relation for (relation,) in self._production.rows(_EXCLUSIVE)}
        self._leave()

    def _leave(self) -> None:
        self._left = {}
        if self._held:
            for name, place in self._production.rows(_THROUGH.format(relations=_array(self._held))):
                self._left.setdefault(name, []).append(place)


def _array(numbers: Collection[int]) -> str:
    return literal("{" + ",".join(map(str, sorted(numbers))) + "}") + "::oid[]"
