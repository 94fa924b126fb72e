"""In the child process: which lines of the project led to a statement."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

from alembic.ddl.impl import DefaultImpl

from alembic_ext.history.place import is_projects

Placed = tuple[str, int]
_OPERATIONS = DefaultImpl._exec.__code__.co_filename
"""Where Alembic sends what its operations do."""


class Watching(Protocol):
    """What `Batch` tells which lines they were."""

    batch: tuple[Placed, ...]

    @property
    def file(self) -> str:
        """That of the revision."""


def lines(file: str, trace: TracebackType | None = None) -> tuple[Placed, ...]:
    """The lines of the project that lead here, or to an error: the innermost first, the last in the revision's file."""
    frames: list[Placed] = []
    while trace is not None:
        frames.insert(0, (trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    frame = None if frames else sys._getframe(1)
    while frame is not None:
        frames.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    found = [one for one in frames if is_projects(one[0])]
    own = [number for number, (one, _) in enumerate(found) if one == file]
    return tuple(found[: own[-1] + 1] if own else found[:1])


def is_direct() -> bool:
    """Whether a statement is sent by the project itself, over the connection, and not by an operation of Alembic."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_code.co_filename == _OPERATIONS:
            return False
        frame = frame.f_back
    return True


class Batch(list[Any]):
    """What a ``batch_alter_table`` collects: each entry remembers the line that made it, and has it when it is run."""

    def __init__(self, probe: Watching) -> None:
        super().__init__()
        self._probe, self._places = probe, list[tuple[Placed, ...]]()

    def append(self, one: Any) -> None:
        super().append(one)
        self._places.append(lines(self._probe.file))

    def __iter__(self) -> Iterator[Any]:
        for one, places in zip(super().__iter__(), self._places, strict=True):
            self._probe.batch = places
            yield one
        self._probe.batch = ()
