"""Which object is meant: from names as somebody spelled them to keys.

PostgreSQL resolves names by the search_path and types by its own grammar (``int`` is ``integer``). Types are asked of
the server, all at once; the rest is looked up in what is known to exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import TABLES, Kind, kinds, ranks
from alembic_ext.model import EMPTY, Address, Declared, Key, Snapshot, closure, ordered
from alembic_ext.session import Rows
from alembic_ext.sqltext import ident, literal, parts
from alembic_ext.sqltext.parsetree import ANY_RELATION, ANY_ROUTINE, ANY_TYPE, NO_TYPE
from alembic_ext.sqltext.typed import Column, typed_by


class Names(NamedTuple):
    """What names mean in one session.

    ``path`` are the existing schemas of its search_path, the default schema first; ``types`` maps types as spelled to
    types as PostgreSQL prints them; ``keys`` are the objects that exist.
    """

    path: tuple[str, ...]
    types: Mapping[str, str]
    keys: frozenset[Key]

    def key(self, address: Address, *, creates: bool) -> Key | None:
        """The key of an address, or None where it has a type or a relation that does not exist.

        What is created stands in the default schema; what is spoken of is looked for along the path.
        """
        if address.kind in _ANY:
            return self._any(address)
        key = self._key(address, creates=creates)
        if not creates and key not in self.keys and kinds()[address.kind].identified_by == "arguments":
            return self._any(address._replace(kind=ANY_ROUTINE)) or key  # GRANT … ON FUNCTION an aggregate
        return key

    def _key(self, address: Address, *, creates: bool) -> Key | None:
        kind = kinds()[address.kind]
        *before, name = address.names
        detail = ""
        if kind.identified_by in ("arguments", "types"):
            if address.args is None:
                return self._only_one(kind.name, before, name)
            types = [type_ for arg in address.args if (type_ := self.types.get(arg))]
            if len(types) < len(address.args):
                return None
            if kind.identified_by == "types":
                return Key(kind.name, "", kind.called(*before, *types))
            detail = f"({','.join(types)})"
        if not kind.in_schema and kind.identified_by == "name":
            return Key(kind.name, "", name, ",".join(address.args or ()))
        if kind.identified_by == "relation":
            return self._on_relation(kind.name, before, name)
        if kind.identified_by == "method":
            detail, *before = before
        return self._found(before, lambda schema: Key(kind.name, schema, name, detail), creates)

    def _any(self, address: Address) -> Key | None:
        """What a statement means that does not say which kind it speaks of: ``GRANT … ON x``."""
        alike = (kind.name for kind in kinds().values() if _ANY[address.kind](kind))
        found = (self._key(address._replace(kind=kind), creates=False) for kind in alike)
        return next((key for key in found if key in self.keys), None)

    def _found(self, before: Sequence[str], make: Callable[[str], Key], creates: bool) -> Key:
        if before:
            return make(before[-1])
        found = [] if creates else [schema for schema in self.path if make(schema) in self.keys]
        return make((found or self.path)[0])

    def _on_relation(self, kind: str, before: Sequence[str], name: str) -> Key | None:
        relation = before[-1]
        for schema in before[:-1] or self.path:
            if any(Key(other, schema, relation) in self.keys for other in _relations()):
                return Key(kind, schema, name, relation)
        return None

    def _only_one(self, kind: str, before: Sequence[str], name: str) -> Key | None:
        schemas = before[-1:] or self.path
        found = [key for key in self.keys if (key.kind, key.name) == (kind, name) and key.schema in schemas]
        return found[0] if len(found) == 1 else None


def meant(meaning: Names, item: Declared, snapshot: Snapshot) -> Key | None:
    """The key of what a declaration speaks of; what stands in the definition of another object belongs to that.

    What is said of a clone on a partition (ALTER TABLE partition DISABLE TRIGGER) adds to the definition of the trigger
    of the whole.
    """
    key = meaning.key(item.address, creates=item.creates and not item.aspect)
    if key is None or item.creates or item.aspect or key in snapshot or not key.detail:
        return key
    above = [Key(kind, key.schema, key.detail) for kind in _relations()]
    while above := [one for one in above if one in snapshot and kinds()[one.kind].is_piece(snapshot[one])]:
        above = [used for one in above for used in snapshot.used_by.get(one, ()) if used.kind in _relations()]
        wholes = (key._replace(schema=one.schema, detail=one.name) for one in above)
        if found := next((whole for whole in wholes if whole in snapshot), None):
            return found
    return key


def takes_types(item: Declared) -> tuple[Column, ...]:
    """The columns whose types something has that a declaration makes."""
    return typed_by(item.text) if item.creates and not item.aspect else ()


class Retyped(CannotPlan):
    """Columns have other types where all is as declared, so that what is declared is another object than was thought.

    ``types`` are those of all columns that declarations take types from, as `Names` has them.
    """

    def __init__(self, item: Declared, types: Mapping[str, str]) -> None:
        super().__init__(
            f"which object {item.address} is depends on the order in which others change",
            where=item.source,
            help="write the types of its arguments, or change what they are taken from in a revision before",
        )
        self.types = types


def check_types(meaning: Names, declared: Iterable[Declared], keys: Mapping[Declared, Key]) -> None:
    """Complain where declarations have other ``keys`` by what their words mean.

    Raises:
        Retyped: what is there was taken for one of them, or one of them is there already.
    """
    types = {arg: type_ for arg, type_ in meaning.types.items() if _of_column(arg)}
    for item in declared:
        if types.keys().isdisjoint(item.address.args or ()):
            continue
        key = meaning.key(item.address, creates=item.creates and not item.aspect)
        if key is not None and key != keys.get(item) and (item in keys or key in meaning.keys):
            raise Retyped(item, types)


def provisional(address: Address, path: Sequence[str]) -> Key:
    """A key for what does not exist yet and may be on what does not: its arguments are not told."""
    *before, name = address.names
    word = address.kind
    if word in _ANY:  # what nobody declared comes from the models
        alike = (kind.name for kind in kinds().values() if _ANY[word](kind) and kind.commented_by_models)
        word = next(alike, word)
    kind = kinds().get(word)
    if kind is not None and not kind.in_schema:
        by_types = kind.identified_by == "types"
        return Key(word, "", name, "" if by_types else ",".join(address.args or ()))
    detail = ""
    if kind is not None and kind.identified_by == "relation" and before:
        detail = before.pop()
    if kind is not None and kind.identified_by == "method":
        detail = before.pop(0)
    return Key(word, before[-1] if before else path[0], name, detail)


def may_need(key: Key, other: Key) -> bool:
    """Whether a mention may mean this other object; its own name is not that of a kind that is made after it."""
    alike = key.name.lower() == other.name.lower()
    return key != other and not (alike and ranks()[other.kind] > ranks()[key.kind])


def in_turn(
    mentions: Mapping[Key, Sequence[Key]], known: Mapping[Key, Sequence[Key]] = EMPTY
) -> tuple[list[Key], frozenset[Key]]:
    """An order in which to make objects of which each mentions some others, or is known to need them.

    And those of them to make before all else: what is implicit, an operator or a cast, with what that surely needs, or
    one of PostgreSQL's own would be used in its place. A view may only seem to be needed: a parameter has its name too.
    What an operator is made of does not need it: there ``>`` is one for another type.
    """
    implicit = {key for key in mentions if kinds()[key.kind].implicit}
    if not implicit:
        edges = {key: [*known.get(key, ()), *some] for key, some in mentions.items()}
        return ordered(set(mentions), edges, ranks()), frozenset()
    certain = {
        key: [*known.get(key, ()), *(one for one in some if ranks()[one.kind] < TABLES)]
        for key, some in mentions.items()
    }
    parts = {key: [one for one in some if one not in implicit] for key, some in certain.items()}
    made_of = {key: closure([key], parts) for key in implicit}

    def left(some: Sequence[Key], key: Key) -> list[Key]:
        mutual = kinds()[key.kind].mutual
        return [one for one in some if key not in made_of.get(one, ()) and not (mutual and one.kind == key.kind)]

    needs = {key: [*known.get(key, ()), *left(some, key)] for key, some in mentions.items()}
    first, before = closure(implicit, parts), closure(implicit, needs) & mentions.keys()
    order = [*ordered(before, needs, ranks()), *ordered(mentions.keys() - before, needs, ranks())]
    return order, frozenset(first & mentions.keys())


_ANY: Mapping[str, Callable[[Kind], bool]] = {
    ANY_RELATION: lambda kind: kind.catalog == "pg_class" or kind.has_columns,
    ANY_ROUTINE: lambda kind: kind.catalog == "pg_proc",
    ANY_TYPE: lambda kind: kind.catalog == "pg_type",
}


def _relations() -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds().values() if kind.catalog == "pg_class")


def names(
    query: Callable[[str], Rows], path: Sequence[str], addresses: Iterable[Address], keys: Iterable[Key]
) -> Names:
    """Ask the server what the argument types of the addresses are; two SELECTs, none where there are none."""
    spelled = sorted({arg for address in addresses if _has_types(address) for arg in address.args or ()} - {NO_TYPE})
    types = {NO_TYPE: NO_TYPE, **(_types(query, spelled) if spelled else {})}
    return Names(tuple(path), types, frozenset(keys))


def _has_types(address: Address) -> bool:
    kind = kinds().get(address.kind)
    return kind is None or kind.in_schema or kind.identified_by == "types"


def _types(query: Callable[[str], Rows], spelled: Sequence[str]) -> dict[str, str]:
    columns = list(filter(_of_column, spelled))
    plain = [arg for arg in spelled if not _of_column(arg)]
    oids = [f"({literal(arg)}, to_regtype({literal(arg)})::oid)" for arg in plain]
    oids += [f"({literal(arg)}, {_column_type(arg)})" for arg in columns]
    found = query(f"SELECT spelled, oid FROM (VALUES {', '.join(oids)}) AS types (spelled, oid)")
    known = sorted({oid for _, oid in found if oid})
    if not known:
        return {}
    ((before,),) = query("SELECT current_setting('search_path')")
    query("SELECT set_config('search_path', '', false)")
    printed: dict[int, str] = dict(
        query(f"SELECT oid::bigint, format_type(oid, NULL) FROM unnest('{{{','.join(map(str, known))}}}'::oid[]) oid")
    )
    query(f"SELECT set_config('search_path', {literal(before)}, false)")
    return {arg: printed[int(oid)] for arg, oid in found if oid}


def _of_column(arg: str) -> bool:
    """Whether an argument has the type of a column."""
    return arg.upper().endswith("%TYPE")


def _column_type(arg: str) -> str:
    *relation, column = parts(arg[: -len("%TYPE")])
    return (
        f"(SELECT atttypid FROM pg_attribute WHERE attrelid = to_regclass({literal(ident(*relation))}) "
        f"AND attname = {literal(column)})"
    )
