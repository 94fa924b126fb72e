"""Let the server normalise what was declared.

In a sandbox: rebuild what is neither declared nor gone, apply Alembic's table operations, load the declarations, and
last what uses them though nobody declared it. What the catalog then holds is what is wanted.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from alembic_ext import explain, remote, unproved
from alembic_ext.asked import Asked, Wanted
from alembic_ext.background import background
from alembic_ext.errors import CannotCreate, CannotPlan, DeclarationError
from alembic_ext.gone import drop_gone
from alembic_ext.kinds import TABLES, Kind, hollow, kinds, name_of, of_tables, ranks
from alembic_ext.load import Refused, load
from alembic_ext.model import Declared, Key, Snapshot, Stored, ordered
from alembic_ext.names import may_need, names
from alembic_ext.sandbox import Sandbox
from alembic_ext.session import sqlstate
from alembic_ext.sqltext import mentioned

log = logging.getLogger(f"alembic.{__name__}")
NO_RIGHT = "42501"
NO_VALUE = "22"
"""The class of errors that speak of values: a default has one that is no value of its type any more."""
AMBIGUOUS = "42725"


def wanted(sandbox: Sandbox, asked: Asked) -> Wanted:
    """Build the declared state in an empty sandbox and read it.

    Raises:
        CannotCreate: the server refuses a declared statement.
        CannotPlan: what nobody declared uses something that goes or changes, and cannot live without it.
    """
    want = remote.completed(_wanted(sandbox, remote.near(asked)), asked)
    explain.check_whole(want.entities, want.snapshot)
    return want


def _wanted(sandbox: Sandbox, asked: Asked) -> Wanted:
    now, declared = asked.now, asked.declared
    made = (item for item in declared if item.creates and not item.aspect)
    known = frozenset(asked.keys[item] for item in made if item in asked.keys) & now.objects.keys()
    out = known | asked.gone | parts(now, known)
    pieces = _pieces(now, known) - out
    out |= pieces  # a partition comes with the indexes and constraints of its table
    along = _pieces(now, asked.gone) - out
    tables = now.needed(key for key in now if of_tables(now, key) and key not in along) - out
    late = {key for key in now.users(out | asked.touched) if not of_tables(now, key)} - out - tables
    needed = now.needed(tables | {key for key in known if kinds()[key.kind].installed})
    base = (now.objects.keys() - out - late) | (asked.gone & needed)
    base -= {key for key in along if not base.issuperset(now.used_by.get(key, ()))}
    early = _with_new([item for item in declared if asked.keys.get(item) in needed and not item.aspect], asked)
    active = list(filter(_acts_on_others, declared))
    order = background(_in_order, [*_others(declared, [*early, *active]), *_settling(asked)], asked)
    refused, unable, stand_ins = _rebuild(sandbox, now, base, asked, early)  # the server works meanwhile
    texts = order.result()
    waiting = [*texts]
    failed: dict[int, Exception] = {}
    if asked.operations:
        chosen = _unblocked(waiting, asked)
        refused, waiting = _load_more(sandbox, refused, chosen, texts), _others(waiting, chosen)
        for position, operation in enumerate(asked.operations):
            error = operation(sandbox)
            while error is not None and waiting:  # it may use what waits
                chosen = list(filter(_tables_may_use, waiting)) or waiting
                refused, waiting = _load_more(sandbox, refused, chosen, texts), _others(waiting, chosen)
                error = operation(sandbox)
            if sqlstate(error) == AMBIGUOUS:  # between what is declared and what goes
                with suppress(CannotPlan):
                    drop_gone(sandbox, now, (asked.gone & needed) - unable.keys())
                    error = operation(sandbox)
            if error is not None:
                failed[position] = error
    refused = _load_more(sandbox, refused, waiting, texts)
    if any(no.error.sqlstate == AMBIGUOUS for no in refused):  # between what is declared and what goes
        drop_gone(sandbox, now, (asked.gone & needed) - unable.keys(), failed.values())
        refused = _load_more(sandbox, refused, [], texts)
    forbidden = _forbidden(refused, failed, asked, unable)
    load(sandbox.session, [(key, now[key].definition) for key in now.ordered(pieces - late, ranks())])
    _restore_users(sandbox, now, late - pieces - unable.keys())
    drop_gone(sandbox, now, (asked.gone & needed) - unable.keys(), failed.values())
    acting = _in_order(active, asked)
    forbidden |= _forbidden(_load_more(sandbox, [], [*acting], acting), failed, asked, unable)
    read = sandbox.read()
    stand_ins.check(read)
    unable = {key: why for key, why in unable.items() if key not in read}  # a table operation has made it anew
    snapshot = unproved.with_unable(read, asked, unable).having(hollow(now))
    entities = _entities(sandbox, asked, snapshot, unable)
    unset = {
        (key, item.aspect): forbidden[item] for key, items in entities.items() for item in items if item in forbidden
    }
    return Wanted(unproved.with_unset(snapshot, asked, entities, unset), entities, failed, unable, unset)


def _pieces(now: Snapshot, keys: Iterable[Key]) -> set[Key]:
    """What is on those of these that are tables, and made with them."""
    users = {user for key in keys if not kinds()[key.kind].droppable for user in now.users_of.get(key, ())}
    return {key for key in users if of_tables(now, key) and kinds()[key.kind].droppable}


def _forbidden(
    refused: Iterable[Refused[Declared]], failed: Mapping[int, Exception], asked: Asked, unable: Mapping[Key, str]
) -> dict[Declared, str]:
    """The aspects that the sandbox's role may not set, each with the reason; whatever else was refused is an error."""
    forbidden = {
        no.name: explain.words(no)
        for no in refused
        if no.name.aspect and (no.error.sqlstate == NO_RIGHT or explain.lacks_role(no, asked.absent))
    }
    if errors := [no for no in refused if asked.keys.get(no.name) not in unable and no.name not in forbidden]:
        raise explain.cannot_create(errors, failed.values(), unable, sorted(asked.absent))
    return forbidden


def _with_new(items: Sequence[Declared], asked: Asked) -> list[Declared]:
    """These and what is new among what they mention: the check of a domain calls a function that comes with it."""
    fresh = [item for item in asked.declared if items and asked.keys.get(item) not in asked.now.objects]
    looked, found, fresh = items, list(items), list(filter(_tables_may_use, fresh))
    while names := {item.address.names[-1].lower() for item in fresh}:
        said = {name for item in looked for name in mentioned(item.text, names)}
        looked = [item for item in fresh if item.address.names[-1].lower() in said]
        if not looked:
            break
        found, fresh = [*found, *looked], _others(fresh, looked)
    return found


def _acts_on_others(item: Declared) -> bool:
    """Whether it says what shall hold for all that is made later: nothing is made while it is in force."""
    kind = kinds().get(item.address.kind)
    return kind is not None and (not kind.inert or kind.hollow)


def in_force(sandbox: Sandbox, snapshot: Snapshot) -> None:
    """Let hold what holds for all that is made later, though nobody declared it: a revision runs under it."""
    load(
        sandbox.session,
        [((key, aspect.name), aspect.set) for key in hollow(snapshot) for aspect in snapshot[key].aspects],
    )


def _unblocked(items: Sequence[Declared], asked: Asked) -> list[Declared]:
    """What tables may use and what does not itself use a table that changes, as far as names tell."""
    blocked = asked.now.users(asked.touched)
    names = {key.name.lower() for key in asked.touched}
    found = [item for item in items if _tables_may_use(item) and asked.keys.get(item) not in blocked]
    while more := {
        item for item in found if asked.keys.get(item) not in asked.now.objects and mentioned(item.text, names)
    }:
        names = {item.address.names[-1].lower() for item in more}
        found = _others(found, more)
    return found


def _others(items: Iterable[Declared], chosen: Iterable[Declared]) -> list[Declared]:
    taken = set(chosen)
    return [item for item in items if item not in taken]


def _load_more(
    sandbox: Sandbox, refused: Sequence[Refused[Declared]], items: Sequence[Declared], texts: Mapping[Declared, str]
) -> list[Refused[Declared]]:
    """Load what was refused before and these; give what is refused now."""
    again = [(no.name, (no.statement,)) for no in refused]
    return load(sandbox.session, [*again, *((item, (texts[item],)) for item in items)])


def parts(snapshot: Snapshot, keys: Iterable[Key]) -> frozenset[Key]:
    """The objects that belong to the definition of these: indexes of a materialized view, say."""
    return frozenset(
        user for key in keys for user in snapshot.users_of.get(key, ()) if user.kind in kinds()[key.kind].parts
    )


def _tables_may_use(item: Declared) -> bool:
    return item.creates and not item.aspect and kinds()[item.address.kind].rank < TABLES


def _rebuild(
    sandbox: Sandbox, now: Snapshot, base: Iterable[Key], asked: Asked, early: Sequence[Declared]
) -> tuple[list[Refused[Declared]], dict[Key, str], _StandIns]:
    """Make what is there and stays, with the declared form of what it needs; give the declared that were refused.

    And the objects that cannot be in this sandbox, each with the reason: what is there and could not be rebuilt, and
    what uses that. And what has a value that goes, for which something stands in.
    """
    texts: dict[Key, list[str]] = {key: list(kinds()[key.kind].rebuilt(now[key])) for key in base}
    sources: dict[Key, Declared] = {}
    keys = {item: asked.keys.get(item) or _provisional(item, asked) for item in early}
    for item, key in keys.items():
        texts.setdefault(key, []).append(_bare(item, asked))
        sources.setdefault(key, item)
    order = now.ordered(texts, ranks())
    refused: list[Refused[Declared]] = []
    unable: dict[Key, str] = {}
    stood: dict[Key, Refused[Key]] = {}
    for no in load(sandbox.session, [(key, texts[key]) for key in order]):
        if no.name not in sources and (no.error.sqlstate or "")[:2] == NO_VALUE:
            stood[no.name] = no
        elif no.name in sources and not (kinds()[no.name.kind].installed and no.name in now):
            refused += [Refused(item, _bare(item, asked), no.error) for item in early if keys[item] == no.name]
        else:
            users = now.users([no.name])
            matters = users & set(asked.keys.values())
            level = logging.WARNING if matters else logging.INFO
            log.log(level, "%s cannot be in the sandbox: %s", no.name, explain.words(no))
            for key in users:
                unable.setdefault(key, f"{no.name} cannot be in the sandbox: {explain.words(no)}")
    return refused, unable, _StandIns(sandbox, now, stood)


class _StandIns:
    """What stands in for parts of tables that have a value which goes: a table operation has to drop or change them.

    Raises:
        CannotPlan: none would.
    """

    def __init__(self, sandbox: Sandbox, now: Snapshot, refused: Mapping[Key, Refused[Key]]) -> None:
        self.refused, self.made = refused, Snapshot()
        if not refused:
            return
        texts = [(key, (kinds()[key.kind].stand_in(now[key]),)) for key in refused]
        for key, (text,) in texts:
            if not text:
                raise self._error(key)
        for no in load(sandbox.session, texts):
            raise self._error(no.name)
        self.made = sandbox.read()

    def check(self, read: Snapshot) -> None:
        for key in self.refused:
            if key in read and read[key].create == self.made[key].create:
                raise self._error(key)

    def _error(self, key: Key) -> CannotPlan:
        return CannotPlan(
            f"{name_of(key)} has a value that goes, and neither models nor a declaration change it in this revision",
            server=explain.words(self.refused[key]),
            help="change or drop it in a revision before this one, or let this one do it: Alembic compares defaults "
            "with compare_server_default=True, and constraints and indexes are compared whole with "
            "alembic_ext={'compare': 'all'}",
        )


def _in_order(items: Sequence[Declared], asked: Asked) -> dict[Declared, str]:
    """Declared statements in a good order, with the text to run: known edges where the object exists, else who
    mentions whom.

    What mentions a new object stands after it in any case: another overload may be what its words mean now. What may
    be copied stands with all that is said of it before what mentions it.
    """
    creates = {
        asked.keys.get(item) or _provisional(item, asked): item for item in items if item.creates and not item.aspect
    }
    named: defaultdict[str, list[Key]] = defaultdict(list)
    fresh: defaultdict[str, list[Key]] = defaultdict(list)
    for key in creates:
        named[key.name.lower()].append(key)
        if key not in asked.now:
            fresh[key.name.lower()].append(key)
    needs: dict[Key, Iterable[Key]] = {}
    for key, item in creates.items():
        meant = fresh if key in asked.now and not kinds()[key.kind].copied else named
        others = [other for word in mentioned(item.text, meant) for other in meant[word] if may_need(key, other)]
        needs[key] = (*asked.now.used_by.get(key, ()), *others) if key in asked.now else others
    said: defaultdict[Key, list[Declared]] = defaultdict(list)
    for item in items:
        if kinds().get(item.address.kind, Kind).copied and not item.creates and not item.aspect:
            for key in named.get(item.address.names[-1].lower(), ()):
                said[key] += [item] if key.kind == item.address.kind else []
    first = [item for key in ordered(set(creates), needs, ranks()) for item in (creates[key], *said[key])]
    made = set(map(id, first))
    rest = [item for item in items if id(item) not in made]
    rest.sort(key=lambda item: bool(item.aspect))
    return {item: _bare(item, asked) for item in (*first, *rest)}


def _bare(item: Declared, asked: Asked) -> str:
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


def _provisional(item: Declared, asked: Asked) -> Key:
    """A key for what does not exist yet, only to be told from others."""
    *before, name = item.address.names
    if not kinds()[item.address.kind].in_schema:
        return Key(item.address.kind, "", name, ",".join(item.address.args or ()))
    detail = ",".join(item.address.args or ()) + "".join(before)
    return Key(item.address.kind, asked.path[0], name, detail)


def _restore_users(sandbox: Sandbox, now: Snapshot, late: Iterable[Key]) -> None:
    order = now.ordered(late, ranks())
    for no in load(sandbox.session, [(key, now[key].definition) for key in order]):
        if kinds()[no.name.kind].sheds:
            continue
        raise CannotPlan(
            f"{name_of(no.name)} is not declared, but uses something that changes or goes, and cannot be made again",
            server=explain.words(no),
            help="declare it as it shall be, or drop it",
        )


def _entities(
    sandbox: Sandbox, asked: Asked, snapshot: Snapshot, unable: Collection[Key]
) -> dict[Key, tuple[Declared, ...]]:
    """What is declared for each key, found by asking the sandbox what was meant."""
    meaning = names(sandbox.session.rows, asked.path, [item.address for item in asked.declared], snapshot)
    found: defaultdict[Key, list[Declared]] = defaultdict(list)
    for item in asked.declared:
        key = asked.keys.get(item)
        if key not in unable:
            key = meaning.key(item.address, creates=item.creates and not item.aspect)
        if item.aspect and (key is None or key not in snapshot):
            raise DeclarationError(
                f"{' '.join(item.text.split())!r} speaks of what is no object of its own, or not this project's",
                where=item.source,
                help="what belongs to PostgreSQL or to an extension is not managed; of what is a part of another "
                "object (the index of a constraint) speak as of that",
            )
        if key is None or key not in snapshot:
            raise CannotCreate(
                f"{item.address} was run, but is not there afterwards",
                where=item.source,
                help="write its name with its schema; if that changes nothing, report it as a bug of alembic-ext",
            )
        found[key].append(item)
    return {key: tuple(items) for key, items in found.items()}


def rebuild(sandbox: Sandbox, snapshot: Snapshot) -> None:
    """Make a whole snapshot in an empty sandbox; what cannot be rebuilt is named in the log and left out.

    Owners and grants that the sandbox's role may not set, or whose roles do not exist there, stay as they are.
    """
    order = snapshot.ordered(remote.without(snapshot), ranks())
    for no in load(sandbox.session, [(key, kinds()[key.kind].rebuilt(snapshot[key])) for key in order]):
        said = "%s cannot be rebuilt from its printed form and is left out: %s"
        log.warning(said, name_of(no.name), explain.words(no))
    load(sandbox.session, [((key, aspect.name), aspect.set) for key in order for aspect in snapshot[key].aspects])
