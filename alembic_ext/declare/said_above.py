"""What comments above a declared statement say of it that SQL has no words for."""

from __future__ import annotations

import re
from typing import NamedTuple

from alembic_ext.sqltext import parts

_FROM = re.compile(r"^[ \t]*--[ \t]*renamed from:?[ \t]+(.+?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_VALUE = re.compile(
    r"^[ \t]*--[ \t]*renamed value:?[ \t]+'((?:[^']|'')*)'[ \t]+to[ \t]+'((?:[^']|'')*)'", re.MULTILINE | re.IGNORECASE
)
_MEANT = re.compile(
    r"^[ \t]*(--[ \t]*renamed (?:value:?[ \t].*[ \t]to[ \t].*?|from:?))[ \t\r]*$", re.MULTILINE | re.IGNORECASE
)
_CASCADE = re.compile(r"^[ \t]*--[ \t]*cascade[ \t\r]*$", re.MULTILINE | re.IGNORECASE)


class Hints(NamedTuple):
    """The name that an object had, its values that had another, and whether what it is used by changes with it."""

    renamed_from: str = ""
    renamed_values: tuple[tuple[str, str], ...] = ()
    cascade: bool = False


def hints(above: str) -> Hints:
    """Read ``-- renamed from old``, ``-- renamed value 'old' to 'new'`` and ``-- cascade``.

    >>> hints("-- renamed value 'a' to 'b'").renamed_values
    (('a', 'b'),)

    Raises:
        ValueError: one of these is meant, and is not spelled so; with its line.
    """
    if "--" not in above:
        return Hints()
    if unread := next((one[1] for one in _MEANT.finditer(above) if not _VALUE.match(one[0])), ""):
        raise ValueError(unread)
    name = _FROM.search(above)
    values = tuple((old.replace("''", "'"), new.replace("''", "'")) for old, new in _VALUE.findall(above))
    return Hints(parts(name[1])[-1] if name else "", values, _CASCADE.search(above) is not None)
