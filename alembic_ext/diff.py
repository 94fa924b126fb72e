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

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alembic_ext import move
from alembic_ext.aside import (
    dragged,
    falling,
    goes_along,
    in_the_way,
    independent,
    is_exclusive,
    losing,
    made_by_tables,
    moved_over,
    names_taken,
    released_first,
    users_of_tables,
)
from alembic_ext.aspects import changed_aspects, declared_aspects, place
from alembic_ext.hints import remarks, rename_hints
from alembic_ext.kinds import kinds, ranks
from alembic_ext.model import Aspect, Key, Snapshot, ordered
from alembic_ext.plan import MAKE_WAY, Plan, Step, Task

Steps = tuple[Step, ...]


def diff(task: Task) -> Plan:
    """Plan the way from ``task.old`` to ``task.new``.

    Raises:
        CannotPlan: an object would have to be dropped for another's sake, and may not be.
    """
    old, new = task.old, task.new
    creates = {key for key in task.managed if key in new and key not in old}
    drops = {key for key in task.managed if key in old and key not in new} | _dropped_twice(task)
    changed = {key for key in changes(task) if key in old and key in new}
    differing = {key for key in changed - task.refused if _is_altered(task, key)}
    altered = {key: statements for key in differing if (statements := _alteration(task, key)) is not None}
    replaced = {key for key in differing if key in altered or _replacement(task, key)}
    renewed = {key for key in changed - replaced if _is_made_otherwise(task, key) or key in task.refused}
    renewed, names = renewed | moved_over(task, drops), names_taken(task, drops)
    blocking = in_the_way(task, drops, users_of_tables(task) | names.keys())
    aside = independent(task, (blocking & replaced) - old.users(task.cascading & altered.keys()), set(names.values()))
    again = dragged(task, renewed | (blocking - aside) | {key for key in task.refused if key in old}, drops)
    drops, again = drops | {key for key in again if key not in new}, {key for key in again if key in new}
    replaced -= again
    made = creates | replaced | again
    first, moved = made & new.needed(aside - again), move.moving(old, again)
    early = first | made & new.needed(made_by_tables(task) | _perhaps_used(task, made))
    order = ordered(made, _needs(task, made, moved), ranks())
    steps = {key: _made(task, key, creates, replaced, first, altered) for key in made}
    steps |= _hinted(task, creates, drops, steps)
    leaving, later = _apart(task, changed, early, altered, steps)
    steps |= _moved(task, [key for key in order if key in moved], early, drops, steps)
    at_once = [step for key in order for step in steps[key] if step.committed]
    order = [key for key in order if not any(step.committed for step in steps[key])]
    last, all_drops = _last(task, drops, again), drops | again - moved
    released = released_first(task, changed - made, creates, drops)
    back, states = _states(task, changed - made, released)
    return Plan(
        before=(
            *at_once,
            *changed_aspects(task, again, guards=True),
            *(*leaving, *released.values()),
            *_drops(task, all_drops, all_drops - last),
        ),
        early=(
            *back,
            *(step for key in order if key in first for step in steps[key]),
            *_drops(task, all_drops, last & blocking),
            *(step for key in order if key in early - first for step in steps[key]),
        ),
        after=(
            *(step for key in order if key not in early for step in steps[key]),
            *states,
            *(*later, *changed_aspects(task, again, guards=False)),
        ),
        last=tuple(_drops(task, all_drops, last - blocking, after_tables=True)),
        kept=tuple(key for key in order if key in again | losing(task, altered.keys() & replaced)),
        altered=frozenset(altered.keys() & replaced),
    )


def changes(task: Task) -> frozenset[Key]:
    """The managed keys that are not the same on both sides, aspects apart.

    Equal words may speak of another object: ``f(a)`` of ``f(integer)``, then of ``f(bigint)``.
    """
    old, new = task.old.objects, task.new.objects
    lost, found = old.keys() - new.keys(), new.keys() - old.keys()

    def means_another(key: Key) -> bool:
        return bool(lost and not lost.isdisjoint(task.old.used_by.get(key, ()))) or bool(
            found and not found.isdisjoint(task.new.used_by.get(key, ()))
        )

    both = old.keys() & new.keys()
    return frozenset(
        key
        for key in task.managed - task.same
        if (key in lost or key in found)
        or (key in both and (old[key].definition != new[key].definition or means_another(key)))
    )


def _alteration(task: Task, key: Key) -> Sequence[str] | None:
    kind = kinds()[key.kind]
    found = kind.alter_as(task.old[key], task.new[key], task.text(key)[0])
    if found and key in task.cascading:
        found = tuple(map(kind.cascaded, found))
    # nothing to do is no way where the words are equal and mean another object
    return found if found or task.old[key].create != task.new[key].create else None


def _is_altered(task: Task, key: Key) -> bool:
    return _is_made_otherwise(task, key) or kinds()[key.kind].alters_state


def _is_made_otherwise(task: Task, key: Key) -> bool:
    """Whether what makes it is not the same; pieces of another follow that."""
    kind, old, new = kinds()[key.kind], task.old[key], task.new[key]
    return old.create != new.create and not (kind.is_piece(old) and kind.is_piece(new))


def _replacement(task: Task, key: Key) -> str | None:
    return kinds()[key.kind].replace(task.text(key)[0])


def _dropped_twice(task: Task) -> set[Key]:
    """What operations take away too late, and may be dropped twice."""
    return {key for key in task.leaving if kinds()[key.kind].drops_twice}


def _last(task: Task, drops: set[Key], again: set[Key]) -> set[Key]:
    """The drops that must wait: something that stays, or that a table operation removes, still uses them."""
    last = {key for key in drops if kinds()[key.kind].shared}
    gone = drops | again | task.leaving

    def stays(user: Key, key: Key) -> bool:
        return user not in gone and key not in task.old.holders.get(user, ())

    last |= {key for key in drops if any(stays(user, key) for user in task.old.users_of.get(key, ()))}
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


def _drops(task: Task, dropped: set[Key], keys: set[Key], *, after_tables: bool = False) -> Iterator[Step]:
    """Drops of the keys, users first; above each what goes along with it, only named, if it goes for good."""
    holders = _holders(task.old, dropped)
    needs: dict[Key, set[Key]] = {key: set() for key in dropped}
    for key in dropped:  # what goes along needs until then what it needs
        needs[holders.get(key, key)] |= {holders.get(used, used) for used in task.old.used_by.get(key, ())}
    named: dict[Key, list[Key]] = {}
    for key in sorted(holders.keys() - task.new.objects.keys(), key=place):
        named.setdefault(holders[key], []).append(key)
    for key in reversed(ordered(keys - holders.keys(), needs, ranks())):
        yield from (Step("drop", along, ()) for along in named.get(key, ()))
        verb = MAKE_WAY if key in task.new else "drop"  # a drop line ends ownership
        texts, head = kinds()[key.kind].drops(task.old[key]), f"DROP {kinds()[key.kind].title} "
        if after_tables and goes_along(task, key, dropped):
            texts = [f"{head}IF EXISTS {text.removeprefix(head)}" if text.startswith(head) else text for text in texts]
        yield Step(verb, key, tuple(map(task.shorten, texts)))


def _needs(task: Task, made: set[Key], moved: set[Key]) -> dict[Key, set[Key]]:
    """Hard edges, and soft ones where they close no cycle: what uses a column is made when that has ``moved`` over."""
    needs = {key: set(task.new.used_by.get(key, ())) for key in made}
    for key, user in sorted(move.behind(task.new, made & moved)):
        if user in made and not _reaches(needs, key, user):
            needs[user].add(key)
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


def _made(
    task: Task,
    key: Key,
    creates: set[Key],
    replaced: set[Key],
    first: set[Key],
    altered: Mapping[Key, Sequence[str]],
) -> Steps:
    """The steps that make an object, or make it what it shall be."""
    if key in altered and key in replaced:
        return _altered(task, key, altered[key])
    return (_step(task, key, creates, replaced, first), *declared_aspects(task, key, creates))


def _step(task: Task, key: Key, creates: set[Key], replaced: set[Key], before_tables: set[Key]) -> Step:
    first, *rest = task.text(key)
    verb = (
        "restore"
        if any(key in side and kinds()[key.kind].is_own(side[key]) for side in (task.old, task.new))
        else "create"
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


def _states(task: Task, keys: Iterable[Key], released: Mapping[Key, Step]) -> tuple[list[Step], list[Step]]:
    """Change what belongs to definitions, before and after table operations.

    What was taken back from a table that these change comes back before them, and follows it.
    """
    before: list[Step] = []
    after: list[Step] = []
    for key in sorted(keys, key=place):
        step = _state(task, key, released)
        above = task.new.used_by.get(key, ())
        follows = key in released and any(used in task.touched and used in task.old for used in above)
        (before if follows else after).append(step)
    return [step for step in before if step.statements], [step for step in after if step.statements]


def _state(task: Task, key: Key, released: Mapping[Key, Step]) -> Step:
    """Change what belongs to a definition without making the object again."""
    old = [aspect for aspect in task.old[key].state if key not in released or not is_exclusive(key, aspect)]
    return Step("replace", key, tuple(map(task.shorten, _transition(old, task.new[key].state))))


def _apart(
    task: Task, changed: set[Key], early: set[Key], altered: Mapping[Key, Sequence[str]], steps: dict[Key, Steps]
) -> tuple[list[Step], list[Step]]:
    """What is said of tables by the state of what they use themselves, before and after them; out of ``steps``."""
    before, after = [], []
    for key in sorted(key for key in {*changed, *early} & {*steps, *changed} if kinds()[key.kind].state_later):
        done: tuple[str, ...] = ()
        if key in changed and goes_along(task, key, set()):  # a column that goes would take it along
            done = tuple(task.shorten(undo) for aspect in task.old[key].state for undo in aspect.unset)
            before.append(Step("alter", key, done))
        if steps.get(key):
            first, *others = steps[key]
            count = len(altered.get(key, "1")) if key in early else len(first.statements)
            rest = tuple(text for text in first.statements[count:] if text not in done)
            after += [Step("alter", key, rest)] if rest else []
            texts = tuple(text for text in first.statements[:count] if text not in done)
            steps[key] = (first._replace(statements=texts, needs=frozenset() if key in early else first.needs), *others)
    return before, after


def _altered(task: Task, key: Key, statements: Iterable[str]) -> tuple[Step, ...]:
    """Change the definition in place, and then what else belongs to it, if there is anything to do."""
    kind, committed = kinds()[key.kind], key in task.committed
    state = () if kind.alters_state else _transition(task.old[key].state, task.new[key].state)
    if committed:
        statements = map(kind.again, statements)
    found = tuple(map(task.shorten, (*statements, *state)))
    return (Step("alter", key, found, committed=committed),) if found else ()


def _perhaps_used(task: Task, made: set[Key]) -> set[Key]:
    """What table operations may use though pg_depend would not tell: it is made before them, if it can."""
    return independent(task, {key for key in made if task.touched and not kinds()[key.kind].recorded}, set())


def _hinted(
    task: Task, creates: set[Key], drops: set[Key], steps: Mapping[Key, tuple[Step, ...]]
) -> dict[Key, tuple[Step, ...]]:
    hints = remarks(task, creates) | rename_hints(task, creates, drops)
    return {key: (steps[key][0]._replace(hint=hint), *steps[key][1:]) for key, hint in hints.items()}


def _moved(
    task: Task, keys: Sequence[Key], early: set[Key], drops: set[Key], steps: Mapping[Key, tuple[Step, ...]]
) -> dict[Key, tuple[Step, ...]]:
    """The steps of types that columns of tables have. With the first of them the old ones step aside, users first, so
    that each can be named by what it is made of; with the last they go.

    What is not made ``early`` finds no columns any more that table operations remove.
    """
    found, names = {}, {key: move.aside(key, [*task.old, *task.new]) for key in keys}
    leaving = {}
    for some in ([key for key in keys if key in early], [key for key in keys if key not in early]):
        if some:
            leaving[some[0]] = [(old, names[old]) for old in reversed(some)]
    for key in keys:
        step, *rest = steps[key]
        goes = [(old, names[old]) for old in reversed(keys)] if key == keys[-1] else []
        create = task.new[key].definition  # as printed: beside the old ones constraints would get other names
        columns = [one for one in move.columns(task.old, key) if key in early or move.stays(task.new, one)]
        falls = [kinds()[user.kind].drop(user) for user in falling(task, key, drops) if key in early]
        does = move.statements(task.old, task.new, key, leaving.get(key, ()), create, columns, goes)
        found[key] = (step._replace(statements=tuple(map(task.shorten, (*falls, *does)))), *rest)
    return found


def _transition(old: Iterable[Aspect], new: Iterable[Aspect]) -> tuple[str, ...]:
    before, after = {aspect.name: aspect for aspect in old}, {aspect.name: aspect for aspect in new}
    undone = [undo for name, aspect in before.items() if name not in after for undo in aspect.unset]
    done = [
        do for name, aspect in after.items() if aspect != before.get(name) for do in aspect.change(before.get(name))
    ]
    return (*undone, *done)


def _names(aspects: Iterable[Aspect]) -> set[str]:
    return {aspect.name for aspect in aspects}
