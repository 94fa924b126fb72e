"""What to do where columns cannot move to a type that is made again."""

from __future__ import annotations

from alembic_ext.diff.plan import Step, Task
from alembic_ext.kinds import kinds


def advice(step: Step | None, task: Task) -> str:
    """The next step where a statement fails in which columns move: they stand in a partition key, or generated ones
    read them; else nothing.
    """
    if step is None or not kinds()[step.key.kind].moves or not any("ALTER COLUMN" in text for text in step.statements):
        return ""
    apart = (
        "take away in a revision before what the server names, and bring it back in one behind; or leave the type as "
        "it is; "
    )
    if not (there := _way_there(step, task)):
        return f"where a column cannot change its type, {apart}"
    return (
        f"it is the way back that fails: where none is needed, write the way there by hand into an empty revision "
        f"({there}), and autogenerate has nothing left to do; else {apart}"
    )


def _way_there(step: Step, task: Task) -> str:
    """The statements that alter the type in place in the upgrade, where the downgrade has to make it again; or ''."""
    if not task.back or step.key not in task.old or step.key not in task.new:
        return ""
    found = kinds()[step.key.kind].alter(task.new[step.key], task.old[step.key])
    return "; ".join(map(task.shorten, found or ()))
