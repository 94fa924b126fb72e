"""What the project leaves alone on purpose, with the reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from alembic_ext.drift.compare import Difference
from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.kinds import kinds

SORTS = ("missing", "extra", "changed")
_KEYS = ("object", "reason", "what", "aspects")


@dataclass(frozen=True)
class Pattern:
    """One entry of ``ignore``.

    Args:
        object: the object as findings name it, with ``*`` and ``?``: ``"table public.tmp_*"``.
        reason: why.
        what: of what sort the difference has to be; all where none is named.
        aspects: where only these may differ: ``"grant*"``; the definition is compared all the same.
    """

    object: str
    reason: str
    what: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Any) -> Pattern:
        """An entry as the configuration has it.

        Raises:
            AlembicExtError: it is not understood, or has no reason.
        """
        if not isinstance(given, Mapping) or not isinstance(given.get("object"), str):
            raise AlembicExtError(
                f"ignore: {given!r} is not a pattern",
                help='write { object = "table public.tmp_*", reason = "made by the importer" }',
            )
        if unknown := sorted(given.keys() - set(_KEYS)):
            raise AlembicExtError(
                f"ignore: there is no {unknown[0]!r}", help=meant(unknown[0], _KEYS, f"an entry has {', '.join(_KEYS)}")
            )
        if not isinstance(given.get("reason"), str) or not given["reason"].strip():
            raise AlembicExtError(f"ignore: {given['object']!r} has no reason", help='add reason = "…"')
        what, aspects = (_listed(given.get(name, ()), name) for name in ("what", "aspects"))
        if wrong := [one for one in what if one not in SORTS]:
            raise AlembicExtError(f"ignore: what: there is no {wrong[0]!r}", help=f"say {', '.join(SORTS)}")
        return cls(given["object"], given["reason"].strip(), what, aspects)

    def meets(self, one: Difference) -> bool:
        """Whether it speaks of the object, and of this sort of difference."""
        return fnmatchcase(one.object, self.object) and (not self.what or one.sort in self.what)


def _listed(given: Any, name: str) -> tuple[str, ...]:
    some = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, (list, tuple)) else (None,)
    if not all(isinstance(one, str) for one in some):
        raise AlembicExtError(f"ignore: {name} = {given!r} is not a list of strings")
    return some


def left(
    differences: Sequence[Difference], patterns: Sequence[Pattern]
) -> tuple[list[Difference], list[tuple[Difference, Pattern]], list[Pattern]]:
    """What remains, what was ignored and why, and the patterns that ignored nothing."""
    remains: list[Difference] = []
    ignored: list[tuple[Difference, Pattern]] = []
    for whole in differences:
        one: Difference | None = _without_parts(whole, patterns, ignored)
        for pattern in patterns:
            if one is not None and pattern.meets(one):
                rest = _rest(one, pattern)
                if rest != one:
                    ignored.append((one, pattern))
                one = rest
        if one is not None:
            remains.append(one)
    used = {pattern for _, pattern in ignored}
    return remains, ignored, [pattern for pattern in patterns if pattern not in used]


def _without_parts(
    whole: Difference, patterns: Sequence[Pattern], ignored: list[tuple[Difference, Pattern]]
) -> Difference:
    parts = []
    for part in whole.parts:
        pattern = next((one for one in patterns if one.meets(part) and not one.aspects), None)
        if pattern is None:
            parts.append(part)
        else:
            ignored.append((part, pattern))
    return replace(whole, parts=tuple(parts))


def _rest(one: Difference, pattern: Pattern) -> Difference | None:
    """What a pattern leaves of a difference."""
    if not pattern.aspects:
        return None
    if one.sort != "changed":
        hollow = kinds()[one.key.kind].hollow
        return None if hollow else one
    names = tuple(name for name in one.aspects if not any(fnmatchcase(name, some) for some in pattern.aspects))
    return replace(one, aspects=names) if names or one.defined else None
