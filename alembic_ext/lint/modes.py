"""Lock modes, and what they keep others from.

https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

MODES = (
    "AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive",
    "AccessExclusive",
)  # fmt: skip
"""The weakest first."""
STOPS_READS = frozenset({"AccessExclusive"})
"""Those that a SELECT waits for."""
STOPS_ROW_LOCKS = frozenset({"Exclusive", "AccessExclusive"})
"""Those that SELECT FOR UPDATE waits for, and the check of a foreign key."""
STOPS_WRITES = frozenset({"Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"})
"""Those that INSERT, UPDATE and DELETE wait for."""


def strongest(modes: frozenset[str]) -> str:
    """The one that stops most; '' of none."""
    return max(modes, key=MODES.index, default="")


def stops(mode: str) -> str:
    """What a mode keeps others from, in words: behind "which stops".

    >>> stops("ShareRowExclusive")
    'writes'
    """
    if mode in STOPS_READS:
        return "reads and writes"
    if mode in STOPS_ROW_LOCKS:
        return "writes and row locks"
    return "writes" if mode in STOPS_WRITES else "other changes of the table"


def words(mode: str) -> str:
    """A mode as the manual writes it.

    >>> words("ShareRowExclusive")
    'SHARE ROW EXCLUSIVE'
    """
    return "".join(f" {sign}" if sign.isupper() else sign for sign in mode).strip().upper()
