"""The drops of a plan: users first, what goes along with another only named, and what has to wait. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from alembic_ext.diff.aside import goes_along
from alembic_ext.diff.aspects import place
from alembic_ext.diff.plan import MAKE_WAY, Step, Task
from alembic_ext.kinds import kinds, ranks
from alembic_ext.model import Key, Snapshot, ordered


def waiting(task: Task, drops: set[Key], again: set[Key]) -> set[Key]:
    """The drops that must wait: something that stays, or that a table operation removes, still uses them."""
    last = {key for key in drops if kinds()[key.kind].shared}
    gone = drops | again | task.leaving

    def stays(user: Key, key: Key) -> bool:
        return user not in gone and key not in task.old.holders.get(user, ()) and (user, key) not in task.ending

    last |= {key for key in drops if any(stays(user, key) for user in task.old.users_of.get(key, ()))}
    while more := {key for key in drops - last if any(user in last for user in task.old.users_of.get(key, ()))}:
        last |= more
    return last


def late(task: Task, again: set[Key], last: set[Key]) -> tuple[set[Key], set[Key]]:
    """What is made again only when the ``last`` drops are done, since some of them use it; and those drops."""
    users, found = task.old.users_of, set[Key]()
    while more := {key for key in again - found if any(user in last or user in found for user in users.get(key, ()))}:
        found |= more
    return found, last & task.old.users(found)


def dropping(task: Task, dropped: set[Key], keys: set[Key], *, after_tables: bool = False) -> Iterator[Step]:
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
