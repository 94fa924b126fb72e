"""The steps of a plan that make an object, or make it what it shall be. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from alembic_ext.diff import move
from alembic_ext.diff.aside import falling, goes_along, is_exclusive
from alembic_ext.diff.aspects import declared_aspects, place
from alembic_ext.diff.hints import remarks, rename_hints
from alembic_ext.diff.plan import Step, Task
from alembic_ext.kinds import kinds
from alembic_ext.model import Aspect, Key

Steps = tuple[Step, ...]


def making(
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
    if key in replaced:
        gone = map(task.shorten, _undone(task.old[key].state, task.new[key].state))
        first, rest = replacement(task, key) or first, [*gone, *rest]
    tables = frozenset(used for used in task.new.needed([key]) if used in task.touched and key not in before_tables)
    verb = _verb(task, key, creates, replaced)
    return Step(verb, key, (first, *rest), needs=tables, unchecked=key in task.unchecked)


def _verb(task: Task, key: Key, creates: set[Key], replaced: set[Key]) -> str:
    if any(key in side and kinds()[key.kind].is_own(side[key]) for side in (task.old, task.new)):
        return "restore"
    if key in creates:
        return "create"
    if key in replaced:
        return "replace"
    return "recreate" if key in task.managed else "restore"


def replacement(task: Task, key: Key) -> str | None:
    """The statement that replaces an object in place, or None where its kind has none."""
    return kinds()[key.kind].replace(task.text(key)[0])


def _altered(task: Task, key: Key, statements: Iterable[str]) -> tuple[Step, ...]:
    """Change the definition in place, and then what else belongs to it, if there is anything to do."""
    kind, committed = kinds()[key.kind], key in task.committed
    state = () if kind.alters_state else _transition(task.old[key].state, task.new[key].state)
    if committed:
        statements = map(kind.again, statements)
    found = tuple(map(task.shorten, (*statements, *state)))
    return (Step("alter", key, found, committed=committed),) if found else ()


def said_apart(
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


def changing_states(task: Task, keys: Iterable[Key], released: Mapping[Key, Step]) -> tuple[list[Step], list[Step]]:
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


def _transition(old: Collection[Aspect], new: Collection[Aspect]) -> tuple[str, ...]:
    before = {aspect.name: aspect for aspect in old}
    done = [do for aspect in new if aspect != before.get(aspect.name) for do in aspect.change(before.get(aspect.name))]
    return (*_undone(old, new), *done)


def _undone(old: Collection[Aspect], new: Collection[Aspect]) -> list[str]:
    """What takes back those that are no more."""
    stay = {aspect.name for aspect in new}
    return [undo for aspect in old if aspect.name not in stay for undo in aspect.unset]


def moving_over(
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
        columns = [
            one
            for one in move.columns(task.old, key)
            if (key in early or move.stays(task.new, one)) and (one[0], key) not in task.ending
        ]
        falls = [kinds()[user.kind].drop(user) for user in falling(task, key, drops) if key in early]
        does = move.statements(task.old, task.new, key, leaving.get(key, ()), create, columns, goes)
        found[key] = (step._replace(statements=tuple(map(task.shorten, (*falls, *does)))), *rest)
    return found


def hinted(
    task: Task, creates: set[Key], drops: set[Key], steps: Mapping[Key, tuple[Step, ...]]
) -> dict[Key, tuple[Step, ...]]:
    """Those of the steps that tell who reads the revision something."""
    hints = remarks(task, creates) | ({} if task.back else rename_hints(task, creates, drops))
    return {key: (steps[key][0]._replace(hint=hint), *steps[key][1:]) for key, hint in hints.items()}
