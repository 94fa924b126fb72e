"""What is wrong with the revisions themselves; pure, from values of `revisions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alembic_ext.check.revisions import below, heads
from alembic_ext.findings import Finding, Rule
from alembic_ext.project.revision import Revision

HEADS = Rule("CK102", "unexpected-heads")
CHANGED = Rule("CK103", "revision-changed")
REMOVED = Rule("CK104", "revision-removed")
INSERTED = Rule("CK105", "revision-inserted")
MERGED = Rule("CK106", "heads-after-merge")
EMPTY = Rule("CK107", "empty-downgrade", "warning")


@dataclass(frozen=True)
class Base:
    """The revisions of the base: where the branch left it, and as it is now."""

    name: str
    then: Mapping[str, Revision]
    now: Mapping[str, Revision]


def unexpected_heads(revisions: Mapping[str, Revision], several: Iterable[str]) -> list[Finding]:
    """More heads than one for each branch that may have one; ``several`` are branch labels, or revisions.

    A head that another revision depends on is none in a database, but it is one here.
    """
    found = sorted(heads(revisions.values()))
    if len(found) < 2:
        return []
    wanted = list(several)
    branches = {head: branches_of(head, revisions) for head in found}
    left = [head for head in found if head not in wanted and not branches[head] & set(wanted)]
    crowded = [
        sorted(head for head in found if label in branches[head])
        for label in wanted
        if len([head for head in found if label in branches[head]]) > 1
    ]
    wrong = [*([left] if left and (wanted or len(left) > 1) else []), *crowded]
    help = (
        'join them with alembic merge heads -m "…"; or, if several are meant, name their branches: heads in '
        "[tool.alembic-ext.check]"
    )
    return [
        HEADS.found(
            f"there {'is a head' if len(some) == 1 else f'are {len(some)} heads'} too many: {_named(some, revisions)}"
            if wanted
            else f"there are {len(some)} heads: {_named(some, revisions)}",
            revision=some[-1],
            help=help,
            **_place(revisions[some[-1]]),
        )
        for some in wrong
    ]


def _named(names: Iterable[str], revisions: Mapping[str, Revision]) -> str:
    return ", ".join(f"{name} ({revisions[name].file.rpartition('/')[2]})" for name in names)


def branches_of(head: str, revisions: Mapping[str, Revision]) -> set[str]:
    """The labels of the branch to which a head belongs."""
    lineage = below([head], revisions, depends=False)
    return {label for name in lineage if name in revisions for label in revisions[name].labels}


def against(base: Base, revisions: Mapping[str, Revision], several: Iterable[str]) -> list[Finding]:
    """What a branch did to the revisions of its base, and where it put its own."""
    return [*_changed(base, revisions), *_inserted(base, revisions), *_after_merge(base, revisions, several)]


def _changed(base: Base, revisions: Mapping[str, Revision]) -> Iterable[Finding]:
    for name, old in sorted(base.then.items()):
        new = revisions.get(name)
        help = "a database may have run it already: leave it as it is, and write a new revision"
        if new is None:
            yield REMOVED.found(
                f"revision {name} is in {base.name} ({old.file}) but not here", revision=name, help=help
            )
        elif new.tree != old.tree and (name not in base.now or base.now[name].tree != new.tree):
            parts = [] if new.down == old.down else [f"it stood on {_list(old.down)}, and now on {_list(new.down)}"]
            said = "".join(f"; {part}" for part in parts)
            yield CHANGED.found(
                f"revision {name} is in {base.name} and was changed{said}", revision=name, help=help, **_place(new)
            )


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def new(base: Base, revisions: Mapping[str, Revision]) -> list[str]:
    """The revisions that the base does not have, neither where the branch left it nor now."""
    return sorted(name for name in revisions if name not in base.then and name not in base.now)


def _inserted(base: Base, revisions: Mapping[str, Revision]) -> Iterable[Finding]:
    known = {name for name in base.then if name in revisions}
    under = below(known, revisions, depends=False)
    for name in new(base, revisions):
        if name in under:
            above = sorted(one for one in known if name in revisions[one].down) or sorted(known)
            yield INSERTED.found(
                f"revision {name} was put below {', '.join(above[:3])}, which is in {base.name}: a database that is "
                "further never runs it",
                revision=name,
                help=f"put it above the head of {base.name}: down_revision = {_quoted(heads(base.now.values()))}",
                **_place(revisions[name]),
            )


def _quoted(names: Iterable[str]) -> str:
    some = sorted(names)
    return repr(some[0]) if len(some) == 1 else repr(tuple(some))


def _after_merge(base: Base, revisions: Mapping[str, Revision], several: Iterable[str]) -> Iterable[Finding]:
    """Heads that neither side has alone: both put revisions on the same one."""
    together = {**base.now, **revisions}
    gone = {name for name in base.then if name not in revisions}
    together = {name: one for name, one in together.items() if name not in gone}
    if unexpected_heads(revisions, several) or not unexpected_heads(together, several):
        return
    theirs = sorted(name for name in heads(together.values()) if name not in revisions)
    ours = sorted(name for name in heads(together.values()) if name in revisions and name not in base.now)
    if theirs and ours:
        yield MERGED.found(
            f"{base.name} has meanwhile gained {', '.join(theirs)}: after a merge there would be several heads, with "
            f"{', '.join(ours)}",
            revision=ours[0],
            help=f"merge {base.name} into the branch, and put the revision on {', '.join(theirs)}",
            **_place(revisions[ours[0]]),
        )


def empty_downgrades(revisions: Mapping[str, Revision], names: Iterable[str]) -> list[Finding]:
    """Of these revisions those that do something and cannot be taken back, and do not say so."""
    return [
        EMPTY.found(
            f"revision {name} has an empty downgrade",
            revision=name,
            help="write it, or say that there is none: raise NotImplementedError",
            file=revisions[name].file,
            line=revisions[name].lines.get("downgrade", revisions[name].lines.get("upgrade", 1)),
        )
        for name in sorted(names)
        if name in revisions
        and "downgrade" in revisions[name].empty
        and "upgrade" not in revisions[name].empty
        and not revisions[name].refuses
    ]


def _place(revision: Revision) -> dict[str, object]:
    return {"file": revision.file, "line": revision.lines.get("down_revision", revision.lines.get("revision", 1))}
