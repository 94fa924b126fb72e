"""How large the tables of production are, and what is set there for roles: a file that `alembic-ext stats` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Severity
from alembic_ext.lint.relation import Relation

SMALL, LARGE = 10_000, 1_000_000
"""Below this many rows what takes time is a note, from the other on an error, and a warning between."""


class Size(NamedTuple):
    """How large a relation is, and how often it is written to."""

    rows: int
    bytes: int
    writes: float

    @property
    def severity(self) -> Severity:
        """How bad it is that others wait while something is done to all rows."""
        return "note" if self.rows < SMALL else "warning" if self.rows < LARGE else "error"


@dataclass(frozen=True)
class Statistics:
    """What a file says: sizes by ``schema.name``, and settings as (role, name, value), the weakest first.

    A role that is empty is every one.
    """

    sizes: Mapping[str, Size] = field(default_factory=dict)
    settings: tuple[tuple[str, str, str], ...] = ()

    def of(self, relation: Relation) -> Size | None:
        """The size of a relation; None where it is not known."""
        return self.sizes.get(f"{relation.schema}.{relation.name}")


def read(file: Path) -> Statistics:
    """The statistics in a file.

    Raises:
        AlembicExtError: it is not there, or says something else.
    """
    try:
        given: Any = json.loads(file.read_text("utf-8"))
        if given["version"] != 1:
            raise ValueError(f"version {given['version']}")
        return Statistics(
            {
                name: Size(int(one["rows"]), int(one["bytes"]), float(one.get("writes_per_second") or 0))
                for name, one in given["relations"].items()
            },
            tuple((str(one["role"]), str(one["name"]), str(one["value"])) for one in given.get("settings", ())),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = str(error) if isinstance(error, (OSError, ValueError)) else ""
        raise AlembicExtError(
            "the statistics cannot be read" if said else "these are no statistics of alembic-ext",
            where=str(file),
            server=said,
            help="alembic-ext stats URL > FILE",
        ) from error


def words(relation: Relation, size: Size) -> str:
    """The size in a sentence.

    >>> from types import SimpleNamespace
    >>> words(SimpleNamespace(schema="public", name="t"), Size(12_345_678, 3 * 2**30, 4.2))
    'public.t has 12 million rows (3.0 GB) and 4.2 writes per second'
    """
    often = f" and {size.writes:.2g} writes per second" if size.writes >= 0.01 else ""
    rows = f"{_number(size.rows)} row{'' if size.rows == 1 else 's'}"
    return f"{relation.schema}.{relation.name} has {rows} ({_bytes(size.bytes)}){often}"


def _number(count: int) -> str:
    for unit, word in ((10**9, "billion"), (10**6, "million")):
        if count >= unit:
            some = count / unit
            return f"{some:.1f} {word}" if some < 10 else f"{some:.0f} {word}"
    return f"{count:,}".replace(",", " ")


def _bytes(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit in ("bytes", "kB") or count >= 10 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TB"
