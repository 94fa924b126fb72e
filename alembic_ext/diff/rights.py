"""Owners and grants in time for what is filled when it is made. Pure.

Its query runs at once, and what that reads has the rights of those who own the views and functions in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from alembic_ext.diff.plan import Step, Task
from alembic_ext.kinds import AspectKind, aspect_kinds, kinds
from alembic_ext.model import Key

MAKES = frozenset({"create", "recreate", "restore"})


def fills(step: Step) -> bool:
    """Whether it makes an object and fills it."""
    if step.aspect or step.verb not in MAKES or not step.statements:
        return False
    return kinds()[step.key.kind].bare(step.statements[0]) != step.statements[0]


def is_right(key: Key, aspect: str) -> bool:
    """Whether an aspect says who may do what with an object that is there."""
    return not kinds()[key.kind].hollow and any(
        kind.rights and AspectKind.owns(kind, aspect) for kind in aspect_kinds().values()
    )


def before_filling(
    task: Task, makes: Sequence[Step], aspects: Iterable[Step], kept: Collection[Key], early: Collection[Key]
) -> tuple[list[Step], list[Step]]:
    """The steps that make objects, where that is asked for with the rights that change in front of what is filled; and
    what of the ``aspects`` remains to be set behind them.

    What is ``kept`` of objects made again is brought back before that too; what is ``early`` is there already.
    """
    found, waiting, bare = list[Step](), list(aspects), set(early).intersection(kept)
    for place, step in enumerate(makes):
        if task.rights and fills(step):
            unmade = {one.key for one in makes[place:]}
            ready = [one for one in waiting if is_right(one.key, one.aspect) and one.key not in unmade]
            waiting = [one for one in waiting if one not in ready]
            found += [*ready, step]
            if bare:
                first = len(found) - len(ready) - 1
                found[first] = found[first]._replace(entitled=True)
                bare.clear()
        else:
            found.append(step)
        if step.key in kept and not step.aspect:
            bare.add(step.key)
    return found, waiting
