"""What was registered on a MetaData, as it was given: `declare` and `rows` say what it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import MetaData

INFO = "alembic_ext"
"""Where a MetaData keeps what was registered: ``metadata.info[INFO]``."""


class Item(NamedTuple):
    """Something that was registered, and where in the user's code."""

    value: object
    source: str


def keep(metadata: MetaData, items: Iterable[Item]) -> None:
    """Put these behind what the MetaData has."""
    metadata.info.setdefault(INFO, []).extend(items)


def registered(metadata: MetaData) -> Sequence[Item]:
    """What was registered on a MetaData, in that order."""
    found: Sequence[Item] = metadata.info.get(INFO, ())
    return found


def each(metadata: MetaData | Sequence[MetaData] | None) -> Sequence[MetaData]:
    """What ``env.py`` may call ``target_metadata``, as several: one, some, or none."""
    if metadata is None:
        return ()
    return metadata if isinstance(metadata, Sequence) else (metadata,)
