"""In the child process: the linter's probe, with a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from alembic_ext.lint import probe
from alembic_ext.lint.runner import Runner


class Clocked(Runner):
    """Notes what tracing adds to each statement, in seconds."""

    def _one(self, *args: Any, **words: Any) -> None:
        start = time.perf_counter()
        super()._one(*args, **words)
        self.records[-1]["ours"] = time.perf_counter() - start - self.records[-1]["seconds"]


def watched(context: Any, script: Any, work: Callable[[], None], *, limit: float) -> dict[str, Any]:
    """What was seen, and what it took to see it: ``once`` for the revision, besides what each statement took."""
    inside = 0.0

    def clocked() -> None:
        nonlocal inside
        begin = time.perf_counter()
        work()
        inside += time.perf_counter() - begin

    probe.Runner = Clocked  # type: ignore[misc]  # this process does nothing else
    start = time.perf_counter()
    told = probe.Probe(context, script.revision, script.path, limit).run(clocked)
    return told | {"once": time.perf_counter() - start - inside}
