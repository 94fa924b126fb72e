"""What a run is about: which declarations the hooks let in, what they mean here, what goes, and which part matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from alembic_ext import lineage
from alembic_ext.cache import Quiet, restricted
from alembic_ext.declare.enums import without_repeated
from alembic_ext.engine import autogen
from alembic_ext.kinds import aspect_kinds, kinds, name_of
from alembic_ext.lineage import Event, Lineage, label
from alembic_ext.model import EMPTY, Address, Declared, Edge, Key, Snapshot
from alembic_ext.names import Names, meant, provisional, takes_types
from alembic_ext.options import Options
from alembic_ext.session import Live
from alembic_ext.sqltext import mentioned, words
from alembic_ext.sqltext.parsetree import ANY_RELATION

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_ext.engine.rename import Renamed


class Scope(NamedTuple):
    """What this run is about: the declared statements that the hooks let in, their keys where they exist, what goes.

    ``left`` are objects that stay, of which nothing is declared any more and revisions of ours have set an aspect.
    """

    declared: tuple[Declared, ...]
    keys: Mapping[Declared, Key]
    gone: frozenset[Key]
    left: frozenset[Key]
    beyond: Mapping[Key, frozenset[str]] = EMPTY
    """The aspects that nobody declared, where what is declared is all that may be set."""
    remarks: tuple[str, ...] = ()
    """What is to be said of what is left alone."""

    @property
    def by_key(self) -> dict[Key, list[Declared]]:
        found: dict[Key, list[Declared]] = {}
        for item, key in self.keys.items():
            found.setdefault(key, []).append(item)
        return found


def scoped(
    context: AutogenContext,
    known: Live,
    now: Snapshot,
    declared: Sequence[Declared],
    branches: Sequence[Sequence[Event]],
    options: Options,
    meaning: Names,
    renamed: Renamed | None,
    types: Mapping[str, str] = EMPTY,
) -> tuple[Scope, Lineage]:
    """The scope of a run in a database that holds ``now``, and what its history says.

    ``types`` are those of columns as they will be; what is there, and earlier revisions, mean those that they have.
    """
    then = meaning._replace(types={**meaning.types, **types})

    def key_of(item: Declared) -> Key | None:
        return meant(then, item, now)

    def label_of(item: Declared) -> str | None:
        key = meant(meaning, item, now)
        return label(key, known.schema, item.aspect) if key else None

    keys = {item: key for item in declared if (key := key_of(item))}
    declared = without_repeated(declared, lambda item: keys.get(item, item))
    keys = {item: keys[item] for item in declared if item in keys}
    labels = {label(key, known.schema) for key in keys.values()} if len(branches) > 1 else set()
    history = lineage.of_models([lineage.read(branch, label_of) for branch in branches], labels)
    history = renamed.history(history, known.schema) if renamed else history
    asked = {item: keys.get(item) or provisional(item.address, known.path) for item in declared}
    lets_in = {
        key: autogen.included(context, key, known, reflected=False, exists=key in now) for key in set(asked.values())
    }
    beside = set(now) - {key for item, key in keys.items() if item.creates and not item.aspect}
    kept = tuple(item for item in declared if lets_in[asked[item]])
    keys = {item: keys[item] for item in kept if item in keys}
    observed = autogen.schemas(context, known) | {key.schema for key in keys.values()}
    spared = {key for key in beside if kinds()[key.kind].spares(now[key])}
    managed = {key for key in beside if key.kind in options.manage and (key.schema in observed or not key.schema)}
    ours = (managed - spared) | {key for key in beside if history.owned and label(key, known.schema) in history.owned}
    gone = frozenset(key for key in ours if autogen.included(context, key, known, reflected=True, exists=True))
    undeclared = beside - gone - set(keys.values())
    left = frozenset(
        key
        for key in history.aspects(undeclared, known.schema)
        if now[key].aspects and autogen.included(context, key, known, reflected=True, exists=True)
    )
    remarks = tuple(_remarks(beside - gone - spared, observed, known, history))
    beyond = {
        key: names
        for key, names in _beyond(now, keys, gone, observed, options).items()
        if autogen.included(context, key, known, reflected=True, exists=True)
    }
    return Scope(kept, keys, gone, left.union(beyond), beyond, remarks), history


def _beyond(
    now: Snapshot, keys: Mapping[Declared, Key], gone: frozenset[Key], observed: frozenset[str], options: Options
) -> dict[Key, frozenset[str]]:
    """The aspects that are set and not declared, of those sorts of which the declarations are the whole truth."""
    wanted = [kind for kind in aspect_kinds().values() if kind.name in options.manage]
    if not wanted:
        return {}
    declared: dict[Key, set[str]] = {}
    for item, key in keys.items():
        declared.setdefault(key, set()).add(item.aspect)
    found = {
        key: frozenset(
            aspect.name
            for aspect in now[key].aspects
            if any(kind.owns(aspect.name) for kind in wanted) and aspect.name not in declared.get(key, ())
        )
        for key in sorted(now.objects.keys() - gone)
        if _is_observed(key, observed)
    }
    return {key: names for key, names in found.items() if names}


def _is_observed(key: Key, schemas: frozenset[str]) -> bool:
    """Whether it is in one of the schemas, or is one, or lives in none."""
    kind = kinds()[key.kind]
    if kind.hollow:
        return False
    return key.schema in schemas or (not key.schema and (key.name in schemas or kind.rank > 0))


def _remarks(beside: set[Key], observed: frozenset[str], known: Live, history: Lineage) -> Iterator[str]:
    """One line for what is left alone; one for what was replaced by revisions that did not create it."""
    count = Counter(
        key.kind for key in beside if kinds()[key.kind].managed and (key.schema in observed or not key.schema)
    )
    if count:
        listed = ", ".join(f"{number} {_plural(name, number)}" for name, number in sorted(count.items()))
        yield (
            f"left alone beside the declarations: {listed} (declare them to adopt them, or say "
            "alembic_ext={'manage': …})"
        )
    for key in sorted(beside):
        if kinds()[key.kind].managed and label(key, known.schema) in history.replaced:
            yield f"{name_of(key)} is no longer declared, but no revision created it: it is left alone"


def loud(scope: Scope, now: Snapshot, quiet: Quiet) -> list[Declared]:
    """What is not known to be equal, and what mentions something new, for which its words may stand from now on."""
    unknown = {item for item in scope.declared if item not in scope.keys or not quiet.has(scope.keys[item])}
    if any(not kinds()[item.address.kind].recorded for item in unknown if item.creates and not item.aspect):
        return list(scope.declared)
    fresh = {
        item.address.names[-1].lower()
        for item in unknown
        if item.creates and not item.aspect and (item not in scope.keys or scope.keys[item] not in now)
    }
    return [item for item in scope.declared if item in unknown or (fresh and mentioned(item.text, fresh))]


def linked(now: Snapshot, scope: Scope, path: tuple[str, ...]) -> Snapshot:
    """The database with an edge from what is declared to each column whose type it takes: pg_depend does not tell."""
    meaning = Names(path, {}, frozenset(now))
    found = {
        Edge(key, used, column.name)
        for item, key in scope.keys.items()
        if key in now
        for column in takes_types(item)
        if (used := meaning.key(Address(ANY_RELATION, column.relation), creates=False)) and used != key
    }
    return replace(now, edges=now.edges | found) if found else now


def part(now: Snapshot, links: Snapshot, scope: Scope, loud: Sequence[Declared]) -> tuple[Snapshot, Scope]:
    """The part of the database, and of the declarations, that what is not known to be equal has to do with.

    ``links`` is the same database, `linked`.
    """
    said = frozenset(word.lower() for item in loud for word in words(item.text, bodies=True))
    keys = {scope.keys[item] for item in loud if item in scope.keys}
    found = now.part(restricted(links, keys | scope.gone | scope.left, said).objects)
    declared = tuple(
        item
        for item in scope.declared
        if item not in scope.keys or scope.keys[item] in found or scope.keys[item] not in now
    )
    keyed = {item: scope.keys[item] for item in declared if item in scope.keys}
    return found, Scope(declared, keyed, scope.gone, scope.left, scope.beyond)


def _plural(name: str, number: int) -> str:
    if number == 1:
        return name
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("ss") else name if name.endswith("s") else f"{name}s"
