"""Let the server normalise what was declared.

In a sandbox: rebuild what is neither declared nor gone, apply Alembic's table operations, load the declarations, and
last what uses them though nobody declared it. What the catalog then holds is what is wanted.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress

from alembic_ext.background import background
from alembic_ext.errors import CannotCreate, CannotPlan, DeclarationError
from alembic_ext.kinds import hollow, kinds, name_of, ranks
from alembic_ext.model import Declared, Key, Snapshot
from alembic_ext.names import check_types, meant, names
from alembic_ext.sandbox import Sandbox
from alembic_ext.scratch import explain, remote, unproved
from alembic_ext.scratch.asked import Asked, Wanted
from alembic_ext.scratch.filling import (
    Filling,
    Order,
    bare,
    filling,
    in_order,
    others,
    provisional,
    tables_may_use,
    unblocked,
)
from alembic_ext.scratch.gone import drop_gone, made_again
from alembic_ext.scratch.load import Refused, load
from alembic_ext.scratch.stand_ins import StandIns
from alembic_ext.session import sqlstate
from alembic_ext.sqltext.typed import typed_by

log = logging.getLogger(f"alembic.{__name__}")
NO_RIGHT = "42501"
NO_VALUE = "22"
"""The class of errors that speak of values: a default has one that is no value of its type any more."""
AMBIGUOUS = "42725"
OTHERWISE = "42P13"
"""A function cannot be replaced by one that gives another type."""


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
    now, fill = asked.now, filling(asked)
    sorting = background(in_order, fill.declared, asked)
    refused, unable, stand_ins, made = _rebuild(sandbox, fill, asked, sorting)  # the server works meanwhile
    order, going = sorting.result().without(made), fill.gone - unable.keys()
    refused, waiting, failed = _operate(sandbox, asked, refused, order, going)
    refused = _load_more(sandbox, refused, waiting, order)
    if typed := [item for item in asked.declared if typed_by(item.text)]:
        meaning = names(sandbox.session.rows, asked.path, [item.address for item in typed], now)
        check_types(meaning, typed, asked.keys)
    if any(no.error.sqlstate == AMBIGUOUS for no in refused):  # between what is declared and what goes
        drop_gone(sandbox, now, going, failed.values())
        refused = _load_more(sandbox, refused, [], order)
    refused = [no for no in refused if not _made_again(sandbox, no, asked)]
    forbidden = _forbidden(refused, failed, asked, unable)
    load(sandbox.session, [(key, now[key].definition) for key in now.ordered(fill.pieces, ranks())])
    _restore_users(sandbox, now, fill.late - unable.keys())
    drop_gone(sandbox, now, going, failed.values())
    acting = in_order(fill.active, asked)
    forbidden |= _forbidden(_load_more(sandbox, [], [*acting.texts], acting), failed, asked, unable)
    read = sandbox.read()
    stand_ins.check(read)
    unable = {key: why for key, why in unable.items() if key not in read}  # a table operation has made it anew
    snapshot = unproved.with_unable(read, asked, unable).having(hollow(now))
    entities = _entities(sandbox, asked, snapshot, unable)
    unset = {
        (key, item.aspect): forbidden[item] for key, items in entities.items() for item in items if item in forbidden
    }
    return Wanted(unproved.with_unset(snapshot, asked, entities, unset), entities, failed, unable, unset)


def _operate(
    sandbox: Sandbox,
    asked: Asked,
    refused: list[Refused[Declared]],
    order: Order,
    going: frozenset[Key],
) -> tuple[list[Refused[Declared]], list[Declared], dict[int, Exception]]:
    """Run Alembic's operations, and before each what it needs of the declared; give what was refused, what still
    waits, and the operations that failed.
    """
    waiting = [*order.texts]
    failed: dict[int, Exception] = {}
    if not asked.operations:
        return refused, waiting, failed
    chosen = unblocked(waiting, asked)
    refused, waiting = _load_more(sandbox, refused, chosen, order), others(waiting, chosen)
    for position, operation in enumerate(asked.operations):
        error = operation(sandbox)
        if error is not None and refused:  # operations have made what it missed
            refused = _load_more(sandbox, refused, [], order)
            error = operation(sandbox)
        while error is not None and waiting:  # it may use what waits
            chosen = list(filter(tables_may_use, waiting)) or waiting
            refused, waiting = _load_more(sandbox, refused, chosen, order), others(waiting, chosen)
            error = operation(sandbox)
        if sqlstate(error) == AMBIGUOUS:  # between what is declared and what goes
            with suppress(CannotPlan):
                drop_gone(sandbox, asked.now, going)
                error = operation(sandbox)
        if error is not None:
            failed[position] = error
    return refused, waiting, failed


def _made_again(sandbox: Sandbox, no: Refused[Declared], asked: Asked) -> bool:
    """Make anew what takes the type of a column, stood there for tables before that changed, and was refused now.

    Raises:
        CannotPlan: what uses it cannot be made again.
    """
    if no.error.sqlstate != OTHERWISE or no.name.creates:
        return False
    alike = ((item, key) for item, key in asked.keys.items() if item.creates and item.address == no.name.address)
    for item, key in alike:
        if kinds()[key.kind].replace(item.text) == no.name.text:
            if made_again(sandbox, key, item.text):
                return True
            raise CannotPlan(
                f"{name_of(key)} takes the type of a column that changes, and a table uses it",
                where=item.source,
                server=explain.words(no),
                help="write its old type out; or let what uses it go in a revision before, and come in one behind",
            )
    return False


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


def in_force(sandbox: Sandbox, snapshot: Snapshot) -> None:
    """Let hold what holds for all that is made later, though nobody declared it: a revision runs under it."""
    load(
        sandbox.session,
        [((key, aspect.name), aspect.set) for key in hollow(snapshot) for aspect in snapshot[key].aspects],
    )


def entitle(sandbox: Sandbox, snapshot: Snapshot) -> bool:
    """Set owners and grants that nobody declared; tells whether all could be."""
    order = snapshot.ordered(snapshot, ranks())
    return not load(
        sandbox.session, [((key, aspect.name), aspect.set) for key in order for aspect in snapshot[key].aspects]
    )


def _load_more(
    sandbox: Sandbox, refused: Sequence[Refused[Declared]], items: Sequence[Declared], order: Order
) -> list[Refused[Declared]]:
    """Load what was refused before and these; give what is refused now."""
    texts = {no.name: no.statement for no in refused} | {item: order.texts[item] for item in items}
    wanted = order.of(texts)
    if first := [item for item in wanted if item in order.first]:
        left = {no.name for no in load(sandbox.session, [(item, (texts[item],)) for item in first])}
        wanted = [item for item in wanted if item in left or item not in order.first]
    return load(sandbox.session, [(item, (texts[item],)) for item in wanted])


def _rebuild(
    sandbox: Sandbox, fill: Filling, asked: Asked, order: Future[Order]
) -> tuple[list[Refused[Declared]], dict[Key, str], StandIns, frozenset[Declared]]:
    """Make what is there and stays, with the declared form of what it needs; give the declared that were refused.

    And the objects that cannot be in this sandbox, each with the reason: what is there and could not be rebuilt, and
    what uses that. And what has a value that goes, for which something stands in. And what else of the declared, of
    which ``order`` gives the texts, has been run.
    """
    now = asked.now
    texts: dict[Key, list[str]] = {key: list(kinds()[key.kind].rebuilt(now[key])) for key in fill.there}
    sources: dict[Key, Declared] = {}
    keys = {item: asked.keys.get(item) or provisional(item, asked) for item in fill.early}
    for item, key in keys.items():
        texts.setdefault(key, []).append(bare(item, asked))
        sources.setdefault(key, item)
    items = [(key, texts[key]) for key in now.ordered(texts, ranks())]
    missing, refused, made = _made(sandbox, items, sources, order, asked)
    unable: dict[Key, str] = {}
    stood: dict[Key, Refused[Key]] = {}
    for no in missing:
        if no.name not in sources and (no.error.sqlstate or "")[:2] == NO_VALUE:
            stood[no.name] = no
        elif no.name in sources and not (kinds()[no.name.kind].installed and no.name in now):
            refused += [Refused(item, bare(item, asked), no.error) for item in fill.early if keys[item] == no.name]
        else:
            users = now.users([no.name])
            matters = users & set(asked.keys.values())
            level = logging.WARNING if matters else logging.INFO
            log.log(level, "%s cannot be in the sandbox: %s", no.name, explain.words(no))
            for key in users:
                unable.setdefault(key, f"{no.name} cannot be in the sandbox: {explain.words(no)}")
    return refused, unable, StandIns(sandbox, now, stood), made


def _made(
    sandbox: Sandbox,
    items: Sequence[tuple[Key, Sequence[str]]],
    declared: Collection[Key],
    order: Future[Order],
    asked: Asked,
) -> tuple[list[Refused[Key]], list[Refused[Declared]], frozenset[Declared]]:
    """Make these; give what is refused. Where that is one in its ``declared`` form, which may need what nothing here
    needed before, what else tables may use comes along: give what of that is refused, and what was run.
    """
    refused = load(sandbox.session, items)
    if not any(no.name in declared for no in refused):
        return refused, [], frozenset()
    texts, again = order.result().texts, {no.name for no in refused}
    more = unblocked([*texts], asked)
    both: list[tuple[Key | Declared, Sequence[str]]] = [(item, (texts[item],)) for item in more]
    both += [item for item in items if item[0] in again]
    left = load(sandbox.session, both)
    return (
        [Refused(no.name, no.statement, no.error) for no in left if isinstance(no.name, Key)],
        [Refused(no.name, no.statement, no.error) for no in left if isinstance(no.name, Declared)],
        frozenset(more),
    )


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
            key = meant(meaning, item, snapshot)
        if item.aspect and (key is None or key not in snapshot):
            raise DeclarationError(
                f"{' '.join(item.text.split())!r} is about what is not an object of its own, or not this project's",
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
