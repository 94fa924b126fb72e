"""What a reader of a revision is told beside what it does."""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.diff.plan import Task
from alembic_ext.kinds import kinds
from alembic_ext.model import Key, Stored
from alembic_ext.sqltext import ident


def remarks(task: Task, creates: Iterable[Key]) -> dict[Key, str]:
    """What kinds have to say of what is made."""
    sides = (task.old, task.new)
    found = {key: kinds()[key.kind].remark(task.new[key], sides) for key in creates}
    return {key: remark for key, remark in found.items() if remark}


def rename_hints(task: Task, creates: Iterable[Key], drops: Iterable[Key]) -> dict[Key, str]:
    """Where one object goes and one of the same kind and definition comes: how to say that it is renamed."""
    gone: dict[tuple[str, ...], Key] = {}
    for key in sorted(drops):
        gone.setdefault(_nameless(task.old[key]), key)
    return {
        key: f"if this is {old.kind} {ident(old.name)} under a new name: declare it with renamed_from={old.name!r}"
        for key in creates
        if gone and (old := gone.get(_nameless(task.new[key]))) and kinds()[key.kind].rename(old, key.name)
    }


def _nameless(stored: Stored) -> tuple[str, ...]:
    """A definition without the name."""
    key, text = stored.key, stored.create
    name = next((name for name in (ident(key.schema, key.name), ident(key.name)) if name in text), "")
    return (key.kind, key.schema, key.detail, text.replace(name, "", 1) if name else text)
