"""From one snapshot to another: which statements, in which order. Pure; no connection, no text of a kind.

A plan has four slots around Alembic's table operations:

    before   drops, users first
    early    what tables use: created or replaced
    «Alembic's table operations»
    after    drops of what tables used and of what that used, if this is made again; everything else that is created,
             replaced or made again; then comments, owners, grants
    last     drops of what tables, or objects replaced in place, used

The same function plans both directions: a downgrade is the plan with the snapshots exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from alembic_ext.diff import move
from alembic_ext.diff.aside import (
    dragged,
    in_the_way,
    independent,
    losing,
    moved_over,
    names_taken,
    needed_by_tables,
    released_first,
    users_of_tables,
)
from alembic_ext.diff.aspects import changed_aspects
from alembic_ext.diff.drops import dropping, late, waiting
from alembic_ext.diff.plan import Plan, Task
from alembic_ext.diff.rights import before_filling
from alembic_ext.diff.steps import changing_states, hinted, making, moving_over, replacement, said_apart
from alembic_ext.kinds import kinds, ranks
from alembic_ext.model import Key, ordered


def diff(task: Task) -> Plan:
    """Plan the way from ``task.old`` to ``task.new``.

    Raises:
        CannotPlan: an object would have to be dropped for another's sake, and may not be.
    """
    changed = {key for key in changes(task) if key in task.old and key in task.new}
    edges = task.new.edges | task.typed  # by these nothing means another object
    return _planned(task._replace(new=replace(task.new, edges=edges)) if task.typed else task, changed)


def _planned(task: Task, changed: set[Key]) -> Plan:
    old, new = task.old, task.new
    creates = {key for key in task.managed if key in new and key not in old}
    drops = {key for key in task.managed if key in old and key not in new} | _dropped_twice(task)
    differing = {key for key in changed - task.refused if _is_altered(task, key)}
    altered = {key: statements for key in differing if (statements := _alteration(task, key)) is not None}
    replaced = {key for key in differing if key in altered or replacement(task, key)}
    renewed = {key for key in changed - replaced if _is_made_otherwise(task, key) or key in task.refused}
    renewed, names = renewed | moved_over(task, drops), names_taken(task, drops)
    blocking = in_the_way(task, drops, users_of_tables(task) | names.keys())
    aside = independent(task, (blocking & replaced) - old.users(task.cascading & altered.keys()), set(names.values()))
    again = dragged(task, renewed | (blocking - aside) | {key for key in task.refused if key in old}, drops)
    drops, again = drops | {key for key in again if key not in new}, {key for key in again if key in new}
    replaced -= again
    made = creates | replaced | again
    first, moved = made & new.needed(aside - again), move.moving(old, again)
    last, all_drops = waiting(task, drops, again - moved), drops | again - moved
    made_late, dropped_first = late(task, again, last)
    early = (first | made & (needed_by_tables(task, moved) | new.needed(_perhaps_used(task, made)))) - made_late
    order = ordered(made, _needs(task, made, moved), ranks())
    steps = {key: making(task, key, creates, replaced, first, altered) for key in made}
    steps |= hinted(task, creates, drops, steps)
    leaving, later = said_apart(task, changed, early, altered, steps)
    steps |= moving_over(task, [key for key in order if key in moved], early, drops, steps)
    at_once = [step for key in order for step in steps[key] if step.committed]
    order = [key for key in order if not any(step.committed for step in steps[key])]
    released = released_first(task, changed - made, creates, drops)
    back, states = changing_states(task, changed - made, released)
    kept = tuple(key for key in order if key in again | losing(task, altered.keys() & replaced))
    makes = [step for key in order if key not in early for step in steps[key]]
    makes, aspects = before_filling(task, makes, changed_aspects(task, again, guards=False), kept, early)
    return Plan(
        before=(
            *(*at_once, *changed_aspects(task, again, guards=True)),
            *(*leaving, *released.values()),
            *dropping(task, all_drops, all_drops - last - made_late),
        ),
        early=(
            *back,
            *(step for key in order if key in first for step in steps[key]),
            *dropping(task, all_drops, last & blocking),
            *(step for key in order if key in early - first for step in steps[key]),
        ),
        after=(
            *dropping(task, all_drops, made_late - moved | dropped_first - blocking, after_tables=True),
            *(*makes, *states, *later, *aspects),
        ),
        last=tuple(dropping(task, all_drops, last - blocking - dropped_first, after_tables=True)),
        kept=kept,
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
        for key in task.managed
        if (key in lost or key in found)
        or (key in both and key not in task.same and old[key].definition != new[key].definition)
        or (key in both and means_another(key))
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


def _dropped_twice(task: Task) -> set[Key]:
    """What operations take away too late, and may be dropped twice."""
    return {key for key in task.leaving if kinds()[key.kind].drops_twice}


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


def _perhaps_used(task: Task, made: set[Key]) -> set[Key]:
    """What table operations may use though pg_depend would not tell: it is made before them, if it can."""
    return independent(task, {key for key in made if task.touched and not kinds()[key.kind].recorded}, set())
