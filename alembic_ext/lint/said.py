"""Words that findings share. Pure."""

from __future__ import annotations

from alembic_ext.lint.modes import stops, strongest
from alembic_ext.lint.modes import words as words_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid, Relation

_KINDS = {
    "r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table", "i": "index",
    "I": "index", "S": "sequence",
}  # fmt: skip


def title(relation: Relation) -> str:
    """A relation as PostgreSQL calls it.

    >>> title(Relation(1, "public", "t", "r", "p", 1, False, False, (), {}, {}, None))
    'table public.t'
    """
    return f"{_KINDS.get(relation.kind, 'relation')} {relation.schema}.{relation.name}"


def lock(at: Moment, oid: Oid, meanwhile: str = "", *, expected: str = "AccessExclusive") -> str:
    """The lock on an old relation and what it stops: ``SHARE lock on table public.t, which stops writes while …``."""
    mode = at.lock_on(oid, expected)
    return f"{words_of(mode)} lock on {title(at.old[oid])}, which stops {stops(mode)}{meanwhile and f' {meanwhile}'}"


def held(at: Moment, oid: Oid, meanwhile: str) -> str:
    """A lock that was taken earlier, and what it stops: ``ACCESS EXCLUSIVE lock on table public.t, held since line 12,
    stops reads and writes while …``.
    """
    mode, first = strongest(at.held[oid]), at.since(oid)
    since = f"held since line {first.line}" if first and first.line else "held since before"
    return f"{words_of(mode)} lock on {title(at.old[oid])}, {since}, stops {stops(mode)} {meanwhile}"


def listed(names: list[str], most: int = 3) -> str:
    """Names in a sentence; the rest is counted.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
