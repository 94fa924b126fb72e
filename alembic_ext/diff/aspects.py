"""The steps that set aspects: comments, owners, grants, the switches of row security. Pure, as `diff` is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from alembic_ext.diff.plan import Step, Task
from alembic_ext.kinds import aspect_kinds, kinds, ranks
from alembic_ext.model import Aspect, Key
from alembic_ext.sqltext import ident


def place(key: Key) -> tuple[int, Key]:
    """Where a key stands among others that do not need each other."""
    return ranks()[key.kind], key


def declared_aspects(task: Task, key: Key, creates: set[Key]) -> list[Step]:
    """Comment, owner, grants of an object that is new, as declared."""
    return [
        Step("create", key, statements, aspect)
        for aspect, statements in (task.aspects(key) if key in creates else ())
        if aspect not in aspect_kinds() or not aspect_kinds()[aspect].within(task.text(key)[0])
    ]


def changed_aspects(task: Task, again: Collection[Key], *, guards: bool) -> Iterator[Step]:
    """What differs of the aspects that are compared: guards that go off and what leads, or all else.

    What is made ``again`` has lost those that are not kept.
    """
    later: list[Step] = []
    for key in sorted((key for key in task.compared if key in task.new), key=place):
        if key not in task.old:
            if key not in task.managed and not guards:  # a new table
                yield from (Step("create", key, statements, aspect) for aspect, statements in task.aspects(key))
            continue
        sides = _sides(task, key, lost=key in again)
        pairs = {name: pair for name, pair in sides.items() if _is_first(name, *pair) is guards}
        follows = any(_changes_owner(task, holder) for holder in task.old.holders.get(key, ()))
        for last, name, old, new in _in_turn(pairs, follows):
            verb = "create" if sides[name][0] is None else "drop" if sides[name][1] is None else "replace"
            statements = new.change(old) if new is not None else old.unset if old is not None else ()
            if statements := tuple(map(task.shorten, _outliving(task, key, filter(None, statements)))):
                step = Step(verb, key, statements, name)
                if last and follows:
                    later.append(step)
                else:
                    yield step
    yield from later
    for key, name in () if guards else task.amends:
        if key in task.old:
            yield Step("replace", key, tuple(map(task.shorten, task.amends[key, name])), name)


Pair = tuple[Aspect | None, Aspect | None]


def _sides(task: Task, key: Key, *, lost: bool = False) -> dict[str, Pair]:
    """The aspects of an object that differ, each as it is, or None where it is lost, and as it shall be."""
    sides = {name: (task.old[key].aspect(name), task.new[key].aspect(name)) for name in sorted(task.compared[key])}
    if lost:
        sides = {name: (old if old is None or old.kept else None, new) for name, (old, new) in sides.items()}
    return {name: pair for name, pair in sides.items() if pair[0] != pair[1]}


def _outliving(task: Task, key: Key, statements: Iterable[str]) -> list[str]:
    """What takes back a grant or a comment, without what went with its column or constraint."""
    gone = {ident(name) for name, _ in task.old[key].columns} - {ident(name) for name, _ in task.new[key].columns}
    old, new = (set(kinds()[key.kind].commented(side[key])) for side in (task.old, task.new))
    marks = [f" ({name}) ON " for name in gone] + [f"COMMENT ON {part} IS NULL" for part in old - new]
    return [statement for statement in statements if not any(mark in statement for mark in marks)]


def _is_first(name: str, old: Aspect | None, new: Aspect | None) -> bool:
    leads = name in aspect_kinds() and aspect_kinds()[name].leads
    return leads or (old is not None and old.guards and new is None)


def _adds(old: Aspect | None, new: Aspect | None) -> bool:
    return any(one is not None and one.adds for one in (old, new))


def _changes_owner(task: Task, key: Key) -> bool:
    """Whether something is set on it that may take over grants, of what goes along with it too: a new owner."""
    if key not in task.compared or key not in task.old or key not in task.new:
        return False
    return any(not _adds(*pair) for pair in _sides(task, key).values())


def _in_turn(pairs: Mapping[str, Pair], follows: bool) -> Iterator[tuple[bool, str, Aspect | None, Aspect | None]]:
    """Aspects from old to new; what adds up (grants) is taken back before the rest and given after it, as the last.

    A new owner takes over what the old one had; a sequence ``follows`` its table.
    """
    adding = {name: pair for name, pair in pairs.items() if _adds(*pair)}
    if len(adding) == len(pairs) and not follows:
        yield from ((False, name, old, new) for name, (old, new) in pairs.items())
        return
    for name, (old, new) in adding.items():
        if old is not None:
            yield False, name, old, None if new is None else old.common(new)
    for name, (old, new) in pairs.items():
        if name not in adding:
            yield False, name, old, new
    for name, (old, new) in adding.items():
        if new is not None:
            yield True, name, None if old is None else old.common(new), new
