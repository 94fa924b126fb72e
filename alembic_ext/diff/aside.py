"""What stands in the way of a change: what must be dropped and made again, or replaced before."""

from __future__ import annotations

from collections.abc import Set

from alembic_ext.diff import move
from alembic_ext.diff.plan import Step, Task
from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import kinds, name_of, of_tables
from alembic_ext.model import Aspect, Edge, Key, Snapshot


def users_of_tables(task: Task) -> set[Key]:
    """What uses a column that changes its type or goes, or a part of a table that changes: it has to make way."""
    gone: set[tuple[Key, str]] = set()
    for key in task.touched & task.old.objects.keys():
        after = dict(task.new[key].columns) if key in task.new else {}
        gone |= {(key, name) for name, type_ in task.old[key].columns if after.get(name) != type_}
        gone |= {(key, "")} if key not in task.new else set()  # a query may use none of its columns
        for user in task.old.users_of.get(key, ()):
            if kinds()[user.kind].of_table and (user not in task.new or task.new[user].create != task.old[user].create):
                gone.add((user, ""))
    found = {
        edge.user
        for edge in task.old.edges
        if (edge.used, edge.column) in gone
        and (edge.column or not kinds()[edge.user.kind].sheds)
        and not (edge.auto and edge.used not in task.new and edge.user not in task.managed)
    }
    return {key for key in found if key in task.old and not of_tables(task.old, key)}


def names_taken(task: Task, drops: set[Key]) -> dict[Key, Key]:
    """What goes while its name is taken by an object of another kind, and that."""
    taken = {name_in_catalog(key): key for key in task.new if key not in task.old}
    return {key: taken[name_in_catalog(key)] for key in drops if name_in_catalog(key) in taken}


def needed_beside_tables(snapshot: Snapshot, key: Key) -> set[Key]:
    """What an object needs, directly or not, but for what it needs as a part of tables."""
    needed, pending = {key}, [key]
    while pending:
        more = {used for used in snapshot.used_by.get(pending.pop(), ()) if not of_tables(snapshot, used)} - needed
        needed |= more
        pending += more
    return needed


def name_in_catalog(key: Key) -> tuple[str, ...]:
    """Its name among those of its catalog, and what tells it from others of that name."""
    return (kinds()[key.kind].catalog, *key[1:])


def in_the_way(task: Task, drops: set[Key], keys: set[Key]) -> set[Key]:
    """The keys, and the users of those among them that go."""
    found, pending = set(keys), [key for key in keys if key in drops]
    while pending:
        users = {user for user in task.old.users_of.get(pending.pop(), ()) if not of_tables(task.old, user)} - found
        found |= users
        pending += [user for user in users if user in drops]
    return found


def moved_over(task: Task, drops: set[Key]) -> set[Key]:
    """The parts of tables that stay as they are written, and use another object than the one that goes."""
    return {
        user
        for key in drops
        for user in task.old.users_of.get(key, ())
        if of_tables(task.old, user)
        and kinds()[user.kind].droppable
        and user in task.new
        and key not in task.new.used_by.get(user, ())
        and task.old[user].definition == task.new[user].definition
    }


def dragged(task: Task, seeds: set[Key], drops: set[Key]) -> set[Key]:
    """The objects that are dropped and made again: those that must be, and their users, and theirs.

    What goes with a table is among them, though it is not made again: it has to go before that.
    """
    again, pending = set(), sorted(key for key in seeds if key not in drops)
    while pending:
        key = pending.pop()
        if key in again or key in drops or key in task.leaving:
            continue
        if not kinds()[key.kind].droppable:
            users = [used for used in task.old.used_by.get(key, ()) if used in again]
            causes = ", ".join(map(name_of, users))
            raise CannotPlan(
                f"{causes or name_of(key)} has to be dropped and made again, but {name_of(key)} uses it",
                help=next((kinds()[used.kind].stuck for used in users if kinds()[used.kind].stuck), "")
                or (
                    "make the change in two revisions: give the new form another name first"
                    if key in task.new
                    else f"let {key.name} come or go in a revision of its own"
                ),
            )
        if key not in task.new and not goes_along(task, key, drops):
            raise CannotPlan(
                f"{name_of(key)} is not declared, but uses something that changes or goes",
                help="it goes with its table: let that go in a revision before this one"
                if of_tables(task.old, key)
                else "declare it as it shall be, or drop it",
            )
        again.add(key)
        if not move.columns(task.old, key):
            pending += (user for user in task.old.users_of.get(key, ()) if (user, key) not in task.ending)
            continue
        pending += sorted(  # the columns move after what table operations take away
            user
            for user in move.users(task.old, key)
            if (user in task.new or not of_tables(task.old, user)) and (user, key) not in task.ending
        )
    return again


def goes_along(task: Task, key: Key, dropped: Set[Key]) -> bool:
    """Whether table operations take it along, and no drop of ours: a check of a column, the sequence that it owns."""
    for edge in task.old.edges:
        if edge.user == key and edge.auto and edge.used not in dropped:
            after = task.new.objects.get(edge.used)
            if after is None or (edge.column and edge.column not in dict(after.columns)):
                return True
    return False


def falling(task: Task, key: Key, dropped: Set[Key]) -> list[Key]:
    """What table operations take away too late from columns that move to another type before them."""
    return sorted(
        user
        for user in move.users(task.old, key) - dropped
        if user not in task.new
        and (
            kinds()[user.kind].drops_twice
            or (user not in task.leaving and of_tables(task.old, user) and goes_along(task, user, dropped))
        )
    )


def independent(task: Task, keys: set[Key], waiting_for: set[Key]) -> set[Key]:
    """Those whose new form needs nothing that table operations make, nor what waits for a name, directly or not."""
    if not keys:
        return keys
    made = made_by_tables(task)
    waiting = {edge.user for edge in task.new.edges if edge.used in made and not _is_column_as_before(task, edge)}
    found = set()
    for key in keys:
        if not needed_beside_tables(task.new, key) & (waiting | waiting_for):
            found.add(key)
    return found


def _is_column_as_before(task: Task, edge: Edge) -> bool:
    if not edge.column or edge.used not in task.old:
        return False
    before, after = dict(task.old[edge.used].columns), dict(task.new[edge.used].columns)
    return edge.column in before and before[edge.column] == after.get(edge.column)


def made_by_tables(task: Task) -> set[Key]:
    """What Alembic's operations make or change: everything of the touched relations that is not as it was."""
    around = {user for key in task.touched for user in (key, *task.new.users_of.get(key, ())) if user in task.new}
    return {
        key
        for key in around - (task.managed - task.touched)
        if of_tables(task.new, key)
        and (
            key not in task.old
            or (task.old[key].create, task.old[key].columns) != (task.new[key].create, task.new[key].columns)
        )
    }


def needed_by_tables(task: Task, moved: set[Key]) -> set[Key]:
    """What table operations need to be there, directly or not. To a type that columns have ``moved`` over to they need
    not come if no new column, and nothing new on a column, has it: then those that go need not move.
    """
    behind: dict[Key, set[Key]] = {}
    for key, user in move.behind(task.new, moved & task.new.objects.keys()):
        behind.setdefault(user, set()).add(key)
    found = made_by_tables(task)
    pending = list(found)
    while pending:
        key = pending.pop()
        had = {used for used in task.new.used_by.get(key, ()) if used in moved and _has_it_as_before(task, key, used)}
        more = {*task.new.used_by.get(key, ()), *behind.get(key, ())} - had - found
        found |= more
        pending += more
    return found


def _has_it_as_before(task: Task, table: Key, type_: Key) -> bool:
    """Whether a type is that of columns of a table which were there before, and no other line of it speaks of it."""
    kind = kinds()[table.kind]
    if table not in task.old or kind.droppable or kind.follows(task.new[table]):
        return False
    before = {line.rstrip(",") for line in task.old[table].create.splitlines()}
    after = "\n".join(line for line in task.new[table].create.splitlines() if line.rstrip(",") not in before)
    types = kinds()[type_.kind].types
    return not any(name in after for name in {*types(task.new[type_]), *types(task.old[type_])})


def losing(task: Task, altered: Set[Key]) -> set[Key]:
    """Those that lose an aspect of which nobody speaks though they are altered in place: a comment on a constraint."""
    return {
        key
        for key in altered
        if any(not aspect.kept and aspect.name not in task.compared.get(key, ()) for aspect in task.old[key].aspects)
    }


def released_first(task: Task, changed: set[Key], creates: set[Key], drops: set[Key]) -> dict[Key, Step]:
    """What is taken back before anything takes its place: bounds of partitions, of which none may overlap another."""

    def state(snapshot: Snapshot, key: Key) -> list[Aspect]:
        return [aspect for aspect in snapshot[key].state if is_exclusive(key, aspect)]

    moved = {key for key in changed if state(task.old, key) != state(task.new, key)}
    along = {key for key in drops if not drops.isdisjoint(task.old.holders.get(key, ()))}
    leave = {key for key in moved | drops - along if state(task.old, key)}
    come = {key for key in moved | creates if state(task.new, key)}
    return {
        key: Step("alter", key, tuple(task.shorten(undo) for aspect in state(task.old, key) for undo in aspect.unset))
        for key in sorted(leave if come and len(leave | come) > 1 else ())
    }


def is_exclusive(key: Key, aspect: Aspect) -> bool:
    """Whether a piece of state has to be taken back before it is set otherwise."""
    return aspect.name in kinds()[key.kind].exclusive
