"""What a revision did, as the server saw it: frozen values, made of the JSON that `probe` writes.

Trace       one revision's upgrade, in one database
Traced      one statement of it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from alembic_ext.lint.relation import Oid, Relation, Routine

REASONS = {1: "persistence", 2: "default", 4: "type", 8: "access method"}
"""The bits of pg_event_trigger_table_rewrite_reason()."""


class Place(NamedTuple):
    """A line of the project's code."""

    file: str
    line: int


class Dropped(NamedTuple):
    """An object that went; ``asked`` where the statement named it, ``cascade`` where CASCADE took it along; else it was
    a part of another.
    """

    type: str
    identity: str
    asked: bool
    cascade: bool


class Did(NamedTuple):
    """What a transaction had done to a table by some moment, as the statistics count it."""

    scans: int = 0
    read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def since(self, before: Did) -> Did:
        """What it did from then on."""
        return Did(*(now - then for now, then in zip(self, before, strict=True)))


class Traced(NamedTuple):
    """One statement.

    ``places`` are the lines that led to it, the innermost first; the last is the revision's own. ``transaction``
    numbers the transactions of the revision from 0. ``locks`` are all modes that the transaction held on relations
    afterwards, ``did`` what this statement did to each table, ``relations`` those that were locked, as they were
    afterwards; None where one is gone. ``definitions`` is how the server writes the indexes and constraints that are
    new, and the conditions of partitions that are new or changed, by their oids. ``observed`` is False where only the
    text is known. ``comments`` are those in its text that are for the linter, ``revision`` whose it is where a file has
    those of several, ``direct`` where the project sent it over the connection, and no operation did, ``past`` where it
    sent it past SQLAlchemy, ``code`` the bodies of the routines that it calls.
    """

    sql: str
    places: tuple[Place, ...]
    transaction: int
    autocommit: bool
    observed: bool
    lock_timeout: float
    statement_timeout: float
    seconds: float = 0.0
    error: str = ""
    state: str = ""
    locks: Mapping[Oid, frozenset[str]] = {}  # never changed
    other_locks: tuple[tuple[str, str], ...] = ()
    did: Mapping[Oid, Did] = {}
    rewritten: Mapping[Oid, int] = {}
    dropped: tuple[Dropped, ...] = ()
    relations: Mapping[Oid, Relation | None] = {}
    definitions: Mapping[Oid, str] = {}
    own_connection: bool = False
    comments: tuple[str, ...] = ()
    revision: str = ""
    direct: bool = False
    past: bool = False
    code: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Traced:
        """One of the probe's JSON."""
        return cls(
            given["sql"], tuple(Place(*one) for one in given["places"]), given["transaction"], given["autocommit"],
            given["observed"], given["lock_timeout"], given["statement_timeout"], given["seconds"], given["error"],
            given["state"],
            {int(oid): frozenset(modes) for oid, modes in given["locks"].items()},
            tuple((one[0], one[1]) for one in given["other_locks"]),
            {int(oid): Did(*counts) for oid, counts in given["did"].items()},
            {int(oid): reason for oid, reason in given["rewritten"].items()},
            tuple(Dropped(*one) for one in given["dropped"]),
            {int(oid): Relation.of(one) if one else None for oid, one in given["relations"].items()},
            {int(oid): sql for oid, sql in given["definitions"].items()},
            given["own_connection"],
            tuple(given.get("comments", ())),
            given.get("revision", ""),
            given["direct"],
            given["past"],
            tuple(given["code"]),
        )  # fmt: skip


class Trace(NamedTuple):
    """One revision's upgrade in one database: what was there before, and its statements.

    ``before`` holds the relations that were there; ``error`` is what ended it, with the ``error_places`` that led
    there; ``counting`` tells whether the server counts scans (track_counts), ``telling`` whether event triggers told
    of rewrites and drops, ``lenient`` whether it was run once more over what fails. ``models`` are the tables and
    mapped classes of the project that the revision imports, with the lines that do it; ``loops`` are those of it that
    write once for each round, with the ranges of lines that give what they run over, ``rounds`` the first and last
    lines of all. ``routines`` are the functions and procedures that are new, changed or gone, with the others of their
    names: as they were, and as they are.
    """

    revision: str
    before: Mapping[Oid, Relation]
    statements: tuple[Traced, ...]
    error: str = ""
    error_places: tuple[Place, ...] = ()
    version: int = 0
    counting: bool = True
    telling: bool = True
    lenient: bool = False
    models: tuple[tuple[Place, str], ...] = ()
    loops: tuple[tuple[Place, tuple[tuple[int, int], ...]], ...] = ()
    routines: tuple[tuple[Routine, ...], tuple[Routine, ...]] = ((), ())
    rounds: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Trace:
        """One of the probe's JSON."""
        return cls(
            given["revision"],
            {one["oid"]: Relation.of(one) for one in given["before"]},
            tuple(Traced.of(one) for one in given["statements"]),
            given["error"],
            tuple(Place(*one) for one in given["error_places"]),
            given["version"],
            given["counting"],
            given["telling"],
            given["lenient"],
            tuple((Place(*place), name) for place, name in given["models"]),
            tuple(
                (Place(file, line), tuple((first, last) for first, last in over))
                for file, line, over in given.get("loops", ())
            ),
            _routines(given.get("routines")),
            tuple((file, first, last) for file, first, last in given.get("rounds", ())),
        )


def _routines(given: Mapping[str, Any] | None) -> tuple[tuple[Routine, ...], tuple[Routine, ...]]:
    if given is None:
        return (), ()
    before, after = (
        tuple(Routine.of(one, given["kept"].get(str(one[0]), ())) for one in given[when])
        for when in ("before", "after")
    )
    return before, after
