"""What differs between two snapshots, by object: a table with its defaults, constraints and indexes is one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alembic_ext.findings import unified
from alembic_ext.kinds import kinds, name_of
from alembic_ext.model import Key, Snapshot

VERSIONS = "alembic_version"


@dataclass(frozen=True)
class Changed:
    """An object before and after, in lines; empty where it was or is not there."""

    key: Key
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """What happened to it: added, removed or changed."""
        return "added" if not self.before else "removed" if not self.after else "changed"

    @property
    def diff(self) -> str:
        """A unified diff."""
        left = f"before: {name_of(self.key)}" if self.before else "/dev/null"
        right = f"after: {name_of(self.key)}" if self.after else "/dev/null"
        return unified(self.before, self.after, left, right)


def between(before: Snapshot, after: Snapshot) -> list[Changed]:
    """The objects that are not the same in both, by kind and name; Alembic's own table is none."""
    old, new = lines(before), lines(after)
    found = [Changed(key, old.get(key, ()), new.get(key, ())) for key in sorted({*old, *new})]
    return [one for one in found if one.before != one.after and one.key.name != VERSIONS]


def lines(snapshot: Snapshot) -> dict[Key, tuple[str, ...]]:
    """Every object's definition with what is set on it; what is part of a table stands behind that."""
    found: dict[Key, list[str]] = {}
    for key in sorted(snapshot, key=lambda key: (kinds()[key.kind].rank, key)):
        stored = snapshot[key]
        said = [*stored.definition, *(statement for aspect in stored.aspects for statement in aspect.set)]
        found.setdefault(whole(key, snapshot), []).extend(
            line for statement in said for line in f"{statement.rstrip().rstrip(';')};".split("\n")
        )
    return {key: tuple(text) for key, text in found.items()}


def whole(key: Key, snapshot: Snapshot) -> Key:
    """The table that an object is a part of, or the object itself."""
    if not kinds()[key.kind].of_table:
        return key
    return next((holder for holder in snapshot.holders.get(key, ()) if not kinds()[holder.kind].droppable), key)


def edges(snapshots: Iterable[Snapshot]) -> set[tuple[Key, Key]]:
    """Who uses whom, parts standing for their tables; schemas are no use, nor are a table and its own sequence."""
    found = {
        (user, used)
        for snapshot in snapshots
        for edge in snapshot.edges
        for user, used in [(whole(edge.user, snapshot), whole(edge.used, snapshot))]
        if user != used and used.schema and VERSIONS not in (user.name, used.name)
    }
    return {(user, used) for user, used in found if (used, user) not in found}


def diagram(changed: Iterable[Changed], before: Snapshot, after: Snapshot, limit: int = 60) -> str:
    """A Mermaid diagram of what changed and its neighbours; an arrow leads from an object to what uses it.

    What changed comes first, where there is not room for all; the last line says what was left out. Empty where nothing
    changed.
    """
    words = {one.key: one.word for one in changed}
    links = edges((before, after))
    near = {key for link in links if words.keys() & set(link) for key in link} - words.keys()
    shown = [*sorted(words), *sorted(near)][:limit]
    if not words:
        return ""
    names = {key: f"n{number}" for number, key in enumerate(shown)}
    drawn = [f'  {names[key]}["{label(name_of(key))}"]' + (f":::{words[key]}" if key in words else "") for key in shown]
    drawn += [f"  {names[used]} --> {names[user]}" for user, used in sorted(links) if user in names and used in names][
        : 4 * limit
    ]
    left = len(words) + len(near) - len(shown)
    more = [f'  more["{left} more"]'] if left else []
    return "\n".join(["graph LR", *drawn, *more, *(f"  classDef {word} {style}" for word, style in _STYLES.items())])


_STYLES: Mapping[str, str] = {
    "added": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "changed": "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "removed": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
}


_SIGN = re.compile(r"[^A-Za-z0-9 _.,]")


def label(text: str) -> str:
    """A text for a node: whatever is no letter, digit or harmless sign stands as its number."""
    short = text if len(text) <= 100 else f"{text[:99]}\u2026"
    return _SIGN.sub(lambda sign: f"#{ord(sign[0])};", short)
