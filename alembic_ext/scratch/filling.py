"""What a sandbox is filled with: what of what is there, which declarations, in which order, with which text.

Values only: what is known are the edges of what is there, and which names a text mentions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from alembic_ext.kinds import TABLES, Kind, kinds, of_tables
from alembic_ext.model import Declared, Key, Snapshot, Stored
from alembic_ext.names import in_turn, may_need, takes_types
from alembic_ext.sqltext import mentioned

if TYPE_CHECKING:
    from alembic_ext.scratch.asked import Asked


class Filling(NamedTuple):
    """What goes into a sandbox, and when.

    First ``there``, which is made as it is, with ``early``: the declared form of what tables need. Then Alembic's
    operations and ``declared``; what belongs to tables that are declared, ``pieces``; and what is there and uses any
    of these, ``late``. What is ``gone``, and was needed until then, is dropped. At the end stands what is ``active``:
    it would act on all that is made behind it.
    """

    there: frozenset[Key]
    early: Sequence[Declared]
    declared: Sequence[Declared]
    pieces: frozenset[Key]
    late: frozenset[Key]
    gone: frozenset[Key]
    active: Sequence[Declared]


def filling(asked: Asked) -> Filling:
    """What a sandbox is to be filled with."""
    now, declared = asked.now, asked.declared
    made = (item for item in declared if item.creates and not item.aspect)
    known = frozenset(asked.keys[item] for item in made if item in asked.keys) & now.objects.keys()
    out = known | asked.gone | parts(now, known) | own_parts(now, known)
    pieces = _pieces(now, known) - out
    out |= pieces  # a partition comes with the indexes and constraints of its table
    along = _pieces(now, asked.gone) - out
    tables = now.needed(key for key in now if of_tables(now, key) and key not in along) - out
    late = {key for key in now.users(out | asked.touched) if not of_tables(now, key)} - out - tables
    needed = now.needed(tables | {key for key in known if kinds()[key.kind].installed})
    there = (now.objects.keys() - out - late) | (asked.gone & needed)
    there -= {key for key in along if not there.issuperset(now.used_by.get(key, ()))}
    early = _with_new([item for item in declared if asked.keys.get(item) in needed and not item.aspect], asked)
    active = list(filter(_acts_on_others, declared))
    return Filling(
        there=frozenset(there),
        early=early,
        declared=[*others(declared, [*early, *active]), *_settling(asked), *_retyped(early, asked)],
        pieces=frozenset(key for key in pieces if not kinds()[key.kind].comes_along),
        late=frozenset(late),
        gone=asked.gone & needed,
        active=active,
    )


def parts(snapshot: Snapshot, keys: Iterable[Key]) -> frozenset[Key]:
    """The objects that belong to the definition of these: indexes of a materialized view, say."""
    return frozenset(
        user for key in keys for user in snapshot.users_of.get(key, ()) if user.kind in kinds()[key.kind].parts
    )


def own_parts(snapshot: Snapshot, keys: Iterable[Key]) -> frozenset[Key]:
    """What those of these that are pieces of another have of their own, by the statement that makes them."""
    return frozenset(
        user
        for key in keys
        if key in snapshot and kinds()[key.kind].is_piece(snapshot[key])
        for user in snapshot.users_of.get(key, ())
        if kinds()[user.kind].is_own(snapshot[user])
    )


def _pieces(now: Snapshot, keys: Iterable[Key]) -> set[Key]:
    """What is on those of these that are tables, and made with them."""
    users = {user for key in keys if not kinds()[key.kind].droppable for user in now.users_of.get(key, ())}
    return {key for key in users if of_tables(now, key) and kinds()[key.kind].droppable}


class Order(NamedTuple):
    """Declared statements in the order in which they are tried, each with the text to run.

    Those that come ``first`` have to be made before anything else is tried, if they can.
    """

    texts: Mapping[Declared, str]
    first: frozenset[Declared]

    def without(self, made: Collection[Declared]) -> Order:
        """The others."""
        return self._replace(texts={item: text for item, text in self.texts.items() if item not in made})

    def of(self, items: Collection[Declared]) -> list[Declared]:
        """These in their order; behind those that it does not know."""
        return [*(item for item in items if item not in self.texts), *(item for item in self.texts if item in items)]


def in_order(items: Sequence[Declared], asked: Asked) -> Order:
    """Declared statements in a good order, with the text to run: known edges where the object exists, else who
    mentions whom.

    What mentions a new object stands after it in any case: another overload may be what its words mean now. What may
    be copied stands with all that is said of it before what mentions it.
    """
    creates = {
        asked.keys.get(item) or provisional(item, asked): item for item in items if item.creates and not item.aspect
    }
    named: defaultdict[str, list[Key]] = defaultdict(list)
    fresh: defaultdict[str, list[Key]] = defaultdict(list)
    for key in creates:
        named[key.name.lower()].append(key)
        if key not in asked.now:
            fresh[key.name.lower()].append(key)
    seen: dict[Key, Sequence[Key]] = {}
    for key, item in creates.items():
        meant = fresh if key in asked.now and not kinds()[key.kind].copied else named
        seen[key] = [other for word in mentioned(item.text, meant) for other in meant[word] if may_need(key, other)]
    order, leading = in_turn(seen, asked.now.used_by)
    said: defaultdict[Key, list[Declared]] = defaultdict(list)
    for item in items:
        if kinds().get(item.address.kind, Kind).copied and not item.creates and not item.aspect:
            for key in named.get(item.address.names[-1].lower(), ()):
                said[key] += [item] if key.kind == item.address.kind else []
    first = [item for key in order for item in (creates[key], *said[key])]
    made = set(map(id, first))
    rest = [item for item in items if id(item) not in made]
    rest.sort(key=lambda item: bool(item.aspect))
    texts = {item: bare(item, asked) for item in (*first, *rest)}
    return Order(texts, frozenset(item for key in leading for item in (creates[key], *said[key])))


def bare(item: Declared, asked: Asked) -> str:
    """Its text as it is run for objects that are made bare, or begin as they are there."""
    if not item.creates or item.aspect:
        return item.text
    kind, stored = kinds()[item.address.kind], _stored(item, asked)
    return kind.bare(item.text) if stored is None else kind.as_there(item.text, stored)[0]


def _stored(item: Declared, asked: Asked) -> Stored | None:
    return asked.now.objects[asked.keys[item]] if asked.keys.get(item) in asked.now.objects else None


def _settling(asked: Asked) -> Iterator[Declared]:
    """What is run last for declared objects that begin as they are there, for the sake of their users."""
    for item in asked.declared:
        stored = _stored(item, asked) if item.creates and not item.aspect else None
        if stored and (kind := kinds()[stored.key.kind]).installed and (text := kind.as_there(item.text, stored)[1]):
            yield item._replace(text=text, creates=False)


def _retyped(early: Iterable[Declared], asked: Asked) -> Iterator[Declared]:
    """What is replaced by itself when all is made: it stood there before the columns whose types it takes changed."""
    for item in early:
        if _is_typed(item, asked) and (text := kinds()[item.address.kind].replace(item.text)):
            yield item._replace(text=text, creates=False)


def provisional(item: Declared, asked: Asked) -> Key:
    """A key for what does not exist yet, only to be told from others."""
    *before, name = item.address.names
    if not kinds()[item.address.kind].in_schema:
        return Key(item.address.kind, "", name, ",".join(item.address.args or ()))
    detail = ",".join(item.address.args or ()) + "".join(before)
    return Key(item.address.kind, asked.path[0], name, detail)


def _with_new(items: Sequence[Declared], asked: Asked) -> list[Declared]:
    """These and what is new among what they mention: the check of a domain calls a function that comes with it."""
    fresh = [item for item in asked.declared if items and asked.keys.get(item) not in asked.now.objects]
    looked, found, fresh = items, list(items), list(filter(tables_may_use, fresh))
    while names := {item.address.names[-1].lower() for item in fresh}:
        said = {name for item in looked for name in mentioned(item.text, names)}
        looked = [item for item in fresh if item.address.names[-1].lower() in said]
        if not looked:
            break
        found, fresh = [*found, *looked], others(fresh, looked)
    return found


def unblocked(items: Sequence[Declared], asked: Asked) -> list[Declared]:
    """What tables may use and what does not itself use a table that changes, as far as names tell."""
    names = {key.name.lower() for key in asked.touched}
    typed = {asked.keys[item] for item in asked.declared if item in asked.keys and _is_typed(item, asked)}
    blocked = asked.now.users(asked.touched | typed)
    found = [item for item in items if tables_may_use(item) and asked.keys.get(item) not in blocked]
    while more := {
        item for item in found if asked.keys.get(item) not in asked.now.objects and mentioned(item.text, names)
    }:
        names = {item.address.names[-1].lower() for item in more}
        found = others(found, more)
    return found


def _is_typed(item: Declared, asked: Asked) -> bool:
    """Whether it takes the type of a column of a table that changes, as far as names tell."""
    columns = takes_types(item)
    return bool(columns) and not {key.name for key in asked.touched}.isdisjoint(one.relation[-1] for one in columns)


def tables_may_use(item: Declared) -> bool:
    """Whether it makes an object of a kind that tables use."""
    return item.creates and not item.aspect and kinds()[item.address.kind].rank < TABLES


def _acts_on_others(item: Declared) -> bool:
    """Whether it says what shall hold for all that is made later: nothing is made while it is in force."""
    kind = kinds().get(item.address.kind)
    return kind is not None and (not kind.inert or kind.hollow)


def others(items: Iterable[Declared], chosen: Iterable[Declared]) -> list[Declared]:
    """These without the chosen ones."""
    taken = set(chosen)
    return [item for item in items if item not in taken]
