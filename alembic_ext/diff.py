"""From one snapshot to another: which statements, in which order. Pure; no connection, no text of a kind.

A plan has four slots around Alembic's table operations:

    before   drops, users first
    early    what tables use: created or replaced
    «Alembic's table operations»
    after    everything else that is created, replaced or made again; then comments, owners, grants
    last     drops of what tables, or objects replaced in place, used

The same function plans both directions: a downgrade is the plan with the snapshots exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import kinds, of_tables, ranks
from alembic_ext.model import Aspect, Edge, Key, Snapshot, ordered


@dataclass(frozen=True)
class Step:
    """One object's part of a plan.

    ``verb`` is create, replace, drop, recreate (of what is ours) or restore (of what nobody declared). ``aspect`` names
    what of the object is set, where it is not the object itself. ``needs`` are tables that must exist first.
    """

    verb: str
    key: Key
    statements: tuple[str, ...]
    aspect: str = ""
    needs: frozenset[Key] = frozenset()
    unchecked: bool = False


@dataclass(frozen=True)
class Plan:
    """Steps in order, by slot; ``kept`` are objects made again, whose owner, grants and comments are kept."""

    before: tuple[Step, ...] = ()
    early: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    last: tuple[Step, ...] = ()
    kept: tuple[Key, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.before, *self.early, *self.after, *self.last)


MAKE_WAY = "make way"
Text = Callable[[Key], tuple[str, ...]]


@dataclass(frozen=True)
class Task:
    """What a plan shall do: lead ``managed`` from ``old`` to ``new``.

    ``same`` are keys known to be equal though they print otherwise. ``touched`` are the relations that table
    operations change, ``refused`` the objects the server would not replace in place. ``text`` gives the statements
    that make an object as ``new`` has it, ``aspects`` those that set its declared aspects when it is made,
    ``compared`` the names of the aspects that are compared. ``mentions`` are soft edges, followed where no cycle
    forbids it. ``shorten`` takes the default schema out of statements that nobody wrote by hand.
    """

    old: Snapshot
    new: Snapshot
    managed: frozenset[Key]
    text: Text
    same: frozenset[Key] = frozenset()
    touched: frozenset[Key] = frozenset()
    refused: frozenset[Key] = frozenset()
    aspects: Callable[[Key], tuple[tuple[str, tuple[str, ...]], ...]] = lambda _: ()
    compared: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    mentions: Mapping[Key, frozenset[Key]] = field(default_factory=dict)
    unchecked: frozenset[Key] = frozenset()
    shorten: Callable[[str], str] = str


def diff(task: Task) -> Plan:
    """Plan the way from ``task.old`` to ``task.new``.

    Raises:
        CannotPlan: an object would have to be dropped for another's sake, and may not be.
    """
    old, new = task.old, task.new
    creates = {key for key in task.managed if key in new and key not in old}
    drops = {key for key in task.managed if key in old and key not in new}
    changed = {key for key in changes(task) if key in old and key in new}
    replaced = {key for key in changed - task.refused if old[key].create != new[key].create and _replacement(task, key)}
    renewed = {key for key in changed - replaced if old[key].create != new[key].create or key in task.refused}
    names = _names_taken(task, drops)
    in_the_way = _in_the_way(task, drops, _users_of_tables(task) | names.keys())
    aside = _independent(task, in_the_way & replaced, set(names.values()))
    again = _dragged(task, renewed | (in_the_way - aside) | {key for key in task.refused if key in old}, drops)
    replaced -= again
    made = creates | replaced | again
    first = made & new.needed(aside - again)
    early = first | made & new.needed(_made_by_tables(task))
    order = ordered(made, _needs(task, made), ranks())
    steps = {key: (_step(task, key, creates, replaced, first), *_declared_aspects(task, key, creates)) for key in made}
    in_place = sorted(changed - made, key=_place)
    last = _last(task, drops, again)
    soon = last & in_the_way
    return Plan(
        before=tuple(_drops(task, drops | again, (drops | again) - last)),
        early=(
            *(step for key in order if key in first for step in steps[key]),
            *_drops(task, drops | again, soon),
            *(step for key in order if key in early - first for step in steps[key]),
        ),
        after=(
            *(step for key in order if key not in early for step in steps[key]),
            *(_state(task, key) for key in in_place),
            *_changed_aspects(task),
        ),
        last=tuple(_drops(task, drops | again, last - soon)),
        kept=tuple(key for key in order if key in again),
    )


def _place(key: Key) -> tuple[int, Key]:
    return ranks()[key.kind], key


def changes(task: Task) -> frozenset[Key]:
    """The managed keys that are not the same on both sides, aspects apart."""
    return frozenset(
        key
        for key in task.managed - task.same
        if (key in task.old) != (key in task.new)
        or (key in task.old and (task.old[key].definition != task.new[key].definition or _means_another(task, key)))
    )


def _means_another(task: Task, key: Key) -> bool:
    """Whether equal words speak of another object: ``f(a)`` of ``f(integer)``, then of ``f(bigint)``."""
    return any(used not in task.new for used in task.old.used_by.get(key, ())) or any(
        used not in task.old for used in task.new.used_by.get(key, ())
    )


def _replacement(task: Task, key: Key) -> str | None:
    return kinds()[key.kind].replace(task.text(key)[0])


def _users_of_tables(task: Task) -> set[Key]:
    """What uses a column that changes its type or goes, or a part of a table that changes: it has to make way."""
    gone: set[tuple[Key, str]] = set()
    for key in task.touched & task.old.objects.keys():
        after = dict(task.new[key].columns) if key in task.new else {}
        gone |= {(key, name) for name, type_ in task.old[key].columns if after.get(name) != type_}
        for user in task.old.users_of.get(key, ()):
            if kinds()[user.kind].of_table and (user not in task.new or task.new[user].create != task.old[user].create):
                gone.add((user, ""))
    found = {
        edge.user
        for edge in task.old.edges
        if (edge.used, edge.column) in gone
        and not (edge.auto and edge.used not in task.new and edge.user not in task.managed)
    }
    return {key for key in found if key in task.old and not of_tables(task.old, key)}


def _names_taken(task: Task, drops: set[Key]) -> dict[Key, Key]:
    """What goes while its name is taken by an object of another kind, and that."""

    def name(key: Key) -> tuple[str, ...]:
        return (kinds()[key.kind].catalog, *key[1:])

    taken = {name(key): key for key in task.new if key not in task.old}
    return {key: taken[name(key)] for key in drops if name(key) in taken}


def _in_the_way(task: Task, drops: set[Key], keys: set[Key]) -> set[Key]:
    """The keys, and the users of those among them that go."""
    found, pending = set(keys), [key for key in keys if key in drops]
    while pending:
        users = {user for user in task.old.users_of.get(pending.pop(), ()) if not of_tables(task.old, user)} - found
        found |= users
        pending += [user for user in users if user in drops]
    return found


def _dragged(task: Task, seeds: set[Key], drops: set[Key]) -> set[Key]:
    """The objects that are dropped and made again: those that must be, and their users, and theirs."""
    again, pending = set(), sorted(key for key in seeds if key not in drops)
    while pending:
        key = pending.pop()
        if key in again or key in drops:
            continue
        if not kinds()[key.kind].droppable:
            causes = ", ".join(str(used) for used in task.old.used_by.get(key, ()) if used in again)
            raise CannotPlan(
                f"{causes or key} has to be dropped and made again, but {key} uses it",
                help="make the change in two revisions: give the new form another name first",
            )
        if key not in task.new:
            raise CannotPlan(
                f"{key} is not declared, but uses something that changes or goes",
                help="declare it as it shall be, or drop it",
            )
        again.add(key)
        pending += task.old.users_of.get(key, ())
    return again


def _last(task: Task, drops: set[Key], again: set[Key]) -> set[Key]:
    """The drops that must wait: something that stays, or that a table operation removes, still uses them."""
    last = {key for key in drops if any(user not in drops | again for user in task.old.users_of.get(key, ()))}
    while more := {key for key in drops - last if any(user in last for user in task.old.users_of.get(key, ()))}:
        last |= more
    return last


def _holders(old: Snapshot, dropped: set[Key]) -> dict[Key, Key]:
    """What goes along with another that is dropped, and with which.

    Not where a third has to go in between: an index that calls a function over the rows of its materialized view.
    """
    found: dict[Key, Key] = {}
    for key in dropped:
        above = [key]
        while (holder := next((one for one in old.holders.get(above[-1], ()) if one in dropped), None)) is not None:
            above.append(holder)
        between = [used for used in old.used_by.get(key, ()) if used in dropped and used not in above]
        if len(above) > 1 and above[-1] not in old.needed(between):
            found[key] = above[-1]
    return found


def _drops(task: Task, dropped: set[Key], keys: set[Key]) -> Iterator[Step]:
    """Drops of the keys, users first; above each what goes along with it, only named, if it goes for good."""
    holders = _holders(task.old, dropped)
    needs: dict[Key, set[Key]] = {key: set() for key in dropped}
    for key in dropped:  # what goes along needs until then what it needs
        needs[holders.get(key, key)] |= {holders.get(used, used) for used in task.old.used_by.get(key, ())}
    named: dict[Key, list[Key]] = {}
    for key in sorted(holders.keys() - task.new.objects.keys(), key=_place):
        named.setdefault(holders[key], []).append(key)
    for key in reversed(ordered(keys - holders.keys(), needs, ranks())):
        yield from (Step("drop", along, ()) for along in named.get(key, ()))
        verb = MAKE_WAY if key in task.new else "drop"  # a drop line ends ownership
        yield Step(verb, key, (task.shorten(kinds()[key.kind].drop(key)),))


def _independent(task: Task, keys: set[Key], waiting_for: set[Key]) -> set[Key]:
    """Those whose new form needs nothing that table operations make, nor what waits for a name, directly or not."""
    if not keys:
        return keys
    made = _made_by_tables(task)
    waiting = {edge.user for edge in task.new.edges if edge.used in made and not _is_column_as_before(task, edge)}
    found = set()
    for key in keys:
        needed, pending = {key}, [key]
        while pending:
            more = {used for used in task.new.used_by.get(pending.pop(), ()) if not of_tables(task.new, used)} - needed
            needed |= more
            pending += more
        if not needed & (waiting | waiting_for):
            found.add(key)
    return found


def _is_column_as_before(task: Task, edge: Edge) -> bool:
    if not edge.column or edge.used not in task.old:
        return False
    before, after = dict(task.old[edge.used].columns), dict(task.new[edge.used].columns)
    return edge.column in before and before[edge.column] == after.get(edge.column)


def _made_by_tables(task: Task) -> set[Key]:
    """What Alembic's operations make or change: everything of the touched relations that is not as it was."""
    around = {user for key in task.touched for user in (key, *task.new.users_of.get(key, ())) if user in task.new}
    return {
        key
        for key in around - task.managed
        if of_tables(task.new, key)
        and (
            key not in task.old
            or (task.old[key].create, task.old[key].columns) != (task.new[key].create, task.new[key].columns)
        )
    }


def _needs(task: Task, made: set[Key]) -> dict[Key, set[Key]]:
    """Hard edges, and soft ones where they close no cycle."""
    needs = {key: set(task.new.used_by.get(key, ())) for key in made}
    for key in sorted(task.mentions.keys() & made):
        for other in sorted(task.mentions[key] & made):
            if other != key and not _reaches(needs, other, key):
                needs[key].add(other)
    return needs


def _reaches(needs: Mapping[Key, set[Key]], start: Key, goal: Key) -> bool:
    found, pending = {start}, [start]
    while pending:
        for key in needs.get(pending.pop(), ()):
            if key == goal:
                return True
            if key not in found:
                found.add(key)
                pending.append(key)
    return False


def _step(task: Task, key: Key, creates: set[Key], replaced: set[Key], before_tables: set[Key]) -> Step:
    first, *rest = task.text(key)
    verb = (
        "create"
        if key in creates
        else "replace"
        if key in replaced
        else "recreate"
        if key in task.managed
        else "restore"
    )
    if key in replaced:
        gone = [
            task.shorten(undo)
            for aspect in task.old[key].state
            if aspect.name not in _names(task.new[key].state)
            for undo in aspect.unset
        ]
        first, rest = _replacement(task, key) or first, [*gone, *rest]
    tables = frozenset(used for used in task.new.needed([key]) if used in task.touched and key not in before_tables)
    return Step(verb, key, (first, *rest), needs=tables, unchecked=key in task.unchecked)


def _state(task: Task, key: Key) -> Step:
    """Change what belongs to a definition without making the object again."""
    return Step("replace", key, tuple(map(task.shorten, _transition(task.old[key].state, task.new[key].state))))


def _transition(old: Iterable[Aspect], new: Iterable[Aspect]) -> tuple[str, ...]:
    before, after = {aspect.name: aspect for aspect in old}, {aspect.name: aspect for aspect in new}
    undone = [undo for name, aspect in before.items() if name not in after for undo in aspect.unset]
    done = [
        do for name, aspect in after.items() if aspect != before.get(name) for do in aspect.change(before.get(name))
    ]
    return (*undone, *done)


def _names(aspects: Iterable[Aspect]) -> set[str]:
    return {aspect.name for aspect in aspects}


def _declared_aspects(task: Task, key: Key, creates: set[Key]) -> list[Step]:
    """Comment, owner, grants of an object that is new, as declared."""
    return (
        [Step("create", key, statements, aspect) for aspect, statements in task.aspects(key)] if key in creates else []
    )


def _changed_aspects(task: Task) -> Iterator[Step]:
    """What differs of the aspects that are compared.

    What adds up (grants) is taken back before and given after the rest: a new owner takes over what the old one had.
    """
    for key in sorted((key for key in task.compared if key in task.old and key in task.new), key=_place):
        pairs = [(name, task.old[key].aspect(name), task.new[key].aspect(name)) for name in sorted(task.compared[key])]
        pairs = [pair for pair in pairs if pair[1] != pair[2]]
        if any(not (old or new).adds for _, old, new in pairs if old or new):  # type: ignore[union-attr]
            halves = [(name, old, new and old and old.common(new)) for name, old, new in pairs if old and old.adds]
            rest = [(name, old, new) for name, old, new in pairs if not (old or new).adds]  # type: ignore[union-attr]
            pairs = [*halves, *rest, *((name, old and new and old.common(new), new) for name, old, new in pairs if new and new.adds)]
        for name, old, new in pairs:
            verb = "create" if task.old[key].aspect(name) is None else "drop" if task.new[key].aspect(name) is None else "replace"
            statements = new.change(old) if new is not None else old.unset if old is not None else ()
            if statements := tuple(map(task.shorten, filter(None, statements))):
                yield Step(verb, key, statements, name)
