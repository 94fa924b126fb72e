"""The kinds of objects that are read, and of those the ones that may be declared; each is one file beside this one.

A kind holds everything that is PostgreSQL's about its objects: the query that reads and prints them, and the text that
drops or replaces one. It never sees a connection. The stages (catalog, scratch, diff, prove) know kinds only through
the two classes named here; kinds are found by looking into this folder, so a new kind is a new file and nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from alembic_ext.kinds._aspect import AspectKind as AspectKind
from alembic_ext.kinds._kind import Kind as Kind
from alembic_ext.model import Address, Key, Ranks, Snapshot, Stored
from alembic_ext.sqltext.parsetree import Node, named

TABLES = 50
"""Kinds of a lower rank are what tables may use."""


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name, sorted by rank and name."""
    found = [kind for kind in _found() if isinstance(kind, Kind)]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: (kind.rank, kind.name))}


@cache
def aspect_kinds() -> Mapping[str, AspectKind]:
    """All kinds of aspects by name, sorted by rank and name."""
    found = [kind for kind in _found() if isinstance(kind, AspectKind)]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: (kind.rank, kind.name))}


@cache
def word_of_type(object_type: str) -> str:
    """The kind of an ``object_type``; what no kind has, or several, is called as the server calls it."""
    known = [kind.name for kind in kinds().values() if kind.object_type == object_type]
    return known[0] if len(known) == 1 else object_type.removeprefix("OBJECT_").replace("_", " ").lower()


def spoken_of(object_type: str, node: Node) -> Address:
    """The object that a statement names, by its ``object_type`` and the node that stands for it there."""
    word = word_of_type(object_type)
    kind = kinds().get(word)
    return kind.named(node) if kind is not None else Address(word, *named(node))


def name_of(key: Key) -> str:
    """An object as messages name it, in PostgreSQL's words: ``view public.v``, ``trigger t on public.x``."""
    kind = kinds()[key.kind]
    identity = kind.identity(key)
    if kind.identified_by == "relation":
        identity = identity.replace(" ON ", " on ", 1)
    return f"{key.kind} {identity}"


def of_tables(snapshot: Snapshot, key: Key) -> bool:
    """Whether an object is a table, or a part of one that Alembic changes: an index, a default, a constraint."""
    kind = kinds()[key.kind]
    holders = snapshot.holders.get(key, ())
    return not kind.droppable or (kind.of_table and any(not kinds()[holder.kind].droppable for holder in holders))


def aspect_kind(aspect: str) -> AspectKind:
    """The kind of an aspect, by the aspect's name."""
    return next(kind for kind in aspect_kinds().values() if kind.owns(aspect))


def hollow(keys: Iterable[Key]) -> list[Key]:
    """Those that are nothing but their aspects."""
    return [key for key in keys if kinds()[key.kind].hollow]


def filled_as(stored: Stored, there: Stored | None) -> Stored:
    """What was read where nothing is filled, as a revision makes it: filled if it is so ``there``."""
    if there is None or stored.script or not there.script:
        return stored
    return replace(stored, script=kinds()[stored.key.kind].filled(stored.create))


@cache
def ranks() -> Ranks:
    """The rank of each kind by its name, and whose users are not recorded."""
    found = Ranks((kind.name, kind.rank) for kind in kinds().values())
    found.silent = frozenset(kind.name for kind in kinds().values() if not kind.recorded)
    return found


def _found() -> list[Kind | AspectKind]:
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return [module.KIND for module in modules if hasattr(module, "KIND")]
