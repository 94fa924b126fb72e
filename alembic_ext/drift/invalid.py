"""What exists and is of no kind that is read: indexes that are not valid, above all. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from alembic_ext.drift.compare import Difference
from alembic_ext.drift.reader import Reading
from alembic_ext.findings import Finding, Rule, Severity
from alembic_ext.kinds import name_of

MISSING, EXTRA = Rule("DR101", "missing"), Rule("DR102", "extra")
INVALID = Rule("DR104", "invalid-index")
INDEX = "index"


def invalid_indexes(
    have: Reading, want: Reading, some: Sequence[Difference], built: Collection[str]
) -> tuple[list[Difference], list[Finding]]:
    """The differences without those that are one of them, and what is found instead.

    ``built`` are the indexes that are being built; an empty name is one that who reads may not see.
    """
    wanted = {name_of(key): key for key in want.snapshot}
    there = set(want.snapshot.unread)
    found, named = [], set()
    for name in have.snapshot.unread:
        if name in there:
            continue
        word, _, identity = name.partition(" ")
        if word != INDEX:
            found.append(EXTRA.found(f"{name} is in production and not in the history", object=name))
            continue
        key = wanted.get(name)
        named |= {key} if key else set()
        under_way = identity in built or "" in built
        severity: Severity = "note" if under_way else INVALID.severity
        found.append(
            INVALID.found(
                f"{name} is not valid: {'it is being built' if under_way else 'its CREATE INDEX CONCURRENTLY failed'}"
                + ("" if key else ", and it is not in the history"),
                object=name,
                severity=severity,
                sql=f"{'REINDEX' if key else 'DROP'} INDEX CONCURRENTLY {identity};",
            )
        )  # fmt: skip
    found += [
        MISSING.found(f"{name} is missing in production", object=name)
        for name in want.snapshot.unread
        if name not in have.snapshot.unread
    ]
    return [one for one in some if one.key not in named], found
