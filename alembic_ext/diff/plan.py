"""The values of a plan: what shall be done, and the steps that do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from alembic_ext.model import EMPTY, Edge, Key, Snapshot

MAKE_WAY = "make way"
"""The verb of a drop for another object's sake."""
Text = Callable[[Key], tuple[str, ...]]


class Step(NamedTuple):
    """One object's part of a plan.

    ``verb`` is create, replace, alter, drop, recreate (of what is ours) or restore (of what nobody declared).
    ``aspect`` names what of the object is set, where it is not the object itself. ``needs`` are tables that must exist
    first. What is ``committed`` ends the transaction, so that what follows can use it. A ``hint`` is
    for who reads the revision. Before what is ``entitled``, what is kept of objects made so far is brought back.
    """

    verb: str
    key: Key
    statements: tuple[str, ...]
    aspect: str = ""
    needs: frozenset[Key] = frozenset()
    unchecked: bool = False
    committed: bool = False
    hint: str = ""
    entitled: bool = False


class Plan(NamedTuple):
    """Steps in order, by slot.

    ``kept`` are objects made again, whose owner, grants and comments are kept; ``altered`` those changed in place by
    statements of their kind, which may be none.
    """

    before: tuple[Step, ...] = ()
    early: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    last: tuple[Step, ...] = ()
    kept: tuple[Key, ...] = ()
    altered: frozenset[Key] = frozenset()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.before, *self.early, *self.after, *self.last)


class Task(NamedTuple):
    """What a plan shall do: lead ``managed`` from ``old`` to ``new``.

    ``same`` are keys known to be equal though they print otherwise. ``touched`` are the relations that table
    operations change, ``refused`` the objects the server would not replace in place. ``text`` gives the statements
    that make an object as ``new`` has it, ``aspects`` those that set its declared aspects when it is made,
    ``compared`` the names of the aspects that are compared. ``mentions`` are soft edges, followed where no cycle
    forbids it, ``committed`` what has to be committed before it is used. ``amends`` are statements that were
    seen to be missing for an aspect. What is ``cascading`` is altered with its users. What is ``leaving`` is taken away
    by operations that stand before all else; the uses that are ``ending``, of a table and what it uses, end with these.
    It leads ``back`` in a downgrade. What is ``typed`` is made after the column whose type its text takes. What is
    filled finds the ``rights`` that it needs. ``shorten`` takes the default schema out of statements that nobody wrote
    by hand.
    """

    old: Snapshot
    new: Snapshot
    managed: frozenset[Key]
    text: Text
    same: frozenset[Key] = frozenset()
    touched: frozenset[Key] = frozenset()
    refused: frozenset[Key] = frozenset()
    aspects: Callable[[Key], tuple[tuple[str, tuple[str, ...]], ...]] = lambda _: ()
    compared: Mapping[Key, frozenset[str]] = EMPTY
    mentions: Mapping[Key, frozenset[Key]] = EMPTY
    unchecked: frozenset[Key] = frozenset()
    committed: frozenset[Key] = frozenset()
    shorten: Callable[[str], str] = str
    amends: Mapping[tuple[Key, str], tuple[str, ...]] = EMPTY
    cascading: frozenset[Key] = frozenset()
    leaving: frozenset[Key] = frozenset()
    back: bool = False
    typed: frozenset[Edge] = frozenset()
    ending: frozenset[tuple[Key, Key]] = frozenset()
    rights: bool = False

    @property
    def on_ending(self) -> set[Key]:
        """The tables of the uses that are ending, and what uses these: it goes before them."""
        return self.old.users(table for table, _ in self.ending)
