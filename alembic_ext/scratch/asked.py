"""What the scratch work is asked for, and what it gives: values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from alembic_ext.model import Declared, Key, Snapshot
from alembic_ext.sandbox import Sandbox


class Asked(NamedTuple):
    """What the scratch work is asked for.

    ``keys`` gives the key of each declared statement as far as it is known in the live database. ``touched`` are the
    relations that Alembic's operations change; ``operations`` run them one by one and give the server's refusal.
    ``written`` gives the statements with which an earlier revision made an object, or an aspect of it, ``said`` all
    that have spoken of it since it was made.
    """

    declared: Sequence[Declared]
    keys: Mapping[Declared, Key]
    now: Snapshot
    gone: frozenset[Key]
    touched: frozenset[Key]
    operations: Sequence[Callable[[Sandbox], Exception | None]]
    path: tuple[str, ...]
    written: Callable[[Key, str], tuple[str, ...]]
    said: Callable[[Key, str], tuple[str, ...]]
    absent: frozenset[str] = frozenset()
    """Names of what is declared, is not there, and is never made in a sandbox: a role that is new."""


class Wanted(NamedTuple):
    """The declared state as the server prints it.

    ``entities`` are the declared statements of each key. ``failed`` are the table operations that the server refused,
    by their position. ``unable`` are objects that a sandbox cannot hold, each with the reason: what needs an extension
    that may not be created there, or what cannot be rebuilt from its printed form; ``unset`` are declared aspects that
    the sandbox's role may not set.
    """

    snapshot: Snapshot
    entities: Mapping[Key, tuple[Declared, ...]]
    failed: Mapping[int, Exception]
    unable: Mapping[Key, str]
    unset: Mapping[tuple[Key, str], str]
