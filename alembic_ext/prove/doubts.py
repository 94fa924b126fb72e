"""What earlier tries of a revision have taught the next one. A value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alembic_ext.model import EMPTY, Key

PRINTED, QUALIFIED = 1, 2
"""How far a text is trusted: first what a revision said, then what the server printed, then that with schemas."""


class Doubts(NamedTuple):
    """What earlier tries have taught: objects not to replace in place, bodies not to check, what to commit
    before it is used, texts not to trust.

    ``elsewhere`` are objects whose declared text does not lead to what is wanted after what happens to others: the
    commutator of an operator may be named by the other one alone. What is filled was denied ``rights``; some of those
    of the live database may be ``unknown`` in the sandbox.
    """

    refused: frozenset[Key] = frozenset()
    unchecked: frozenset[Key] = frozenset()
    committed: frozenset[Key] = frozenset()
    distrust: Mapping[Key, int] = EMPTY
    amends: Mapping[tuple[Key, str], tuple[str, ...]] = EMPTY
    elsewhere: frozenset[Key] = frozenset()
    rights: bool = False
    unknown: bool = False

    def less(self, key: Key) -> Doubts:
        return self._replace(distrust={**self.distrust, key: self.distrust.get(key, 0) + 1})
