"""The SQL of revisions, as `alembic upgrade --sql` and `downgrade --sql` render it: without a database.

All of it is rendered in one run of env.py, each revision for itself, so that one that cannot be rendered (it reads what
is in the database) hides no other.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext

from alembic_ext.errors import for_unset, in_python, missing
from alembic_ext.findings import Finding, Rule

if TYPE_CHECKING:
    from alembic_ext.project import Project

log = logging.getLogger("alembic.runtime.migration")
SQL = Rule("CK108", "sql-does-not-render", "warning")


@dataclass(frozen=True)
class Rendered:
    """What a revision sends in one direction, ``"upgrade"`` or ``"downgrade"``; or why it cannot be told.

    ``file`` and ``line`` are where the error was raised.
    """

    revision: str
    direction: str
    sql: str = ""
    error: str = ""
    file: str = ""
    line: int = 0


def render(project: Project, names: Collection[str], direction: str = "upgrade") -> list[Rendered]:
    """The SQL of these revisions, in the order in which they run."""
    script, buffer = project.script, StringIO()
    heads = tuple(script.get_heads())
    found: list[Rendered] = []

    def run(function: Callable[..., None], revision: Any, *words: Any, **given: Any) -> None:
        if revision.revision in names:
            found.append(_run(lambda: function(*words, **given), revision, buffer, direction, project))

    def steps(_: Any, context: Any) -> Iterable[Any]:
        log.setLevel(logging.WARNING)  # env.py has just configured it, and each revision would be a line
        context.impl.output_buffer = buffer  # env.py may have given one of its own
        if direction == "upgrade":
            some = script._upgrade_revs("heads", None)  # type: ignore[arg-type]
        else:
            some = script._downgrade_revs("base", heads)  # type: ignore[arg-type]
        for step in some:
            step.migration_fn = wraps(step.migration_fn)(partial(run, step.migration_fn, step.revision))
        return some

    start = {"starting_rev": heads, "destination_rev": "base"} if direction == "downgrade" else {}
    config = project.config(output_buffer=buffer)
    level = log.level
    try:
        with EnvironmentContext(config, script, **{"fn": steps, "as_sql": True, "destination_rev": "heads", **start}):
            with _elsewhere(Path(script.env_py_location)):
                script.run_env()
    finally:
        log.setLevel(level)
    merged: dict[str, Rendered] = {}
    for one in found:  # of several databases one after the other
        seen = merged.get(one.revision)
        merged[one.revision] = one if seen is None or one.error else _joined(seen, one)
    return list(merged.values())


@contextmanager
def _elsewhere(env: Path) -> Iterator[None]:
    """In an empty folder, if env.py writes files of its own, as that of Alembic's template multidb does."""
    if "output_buffer" not in env.read_text("utf-8", errors="replace"):
        yield
        return
    here = Path.cwd()
    sys.path[:] = [str(Path(place).absolute()) for place in sys.path]
    with tempfile.TemporaryDirectory(prefix="alembic-ext-") as place:
        os.chdir(place)
        try:
            yield
        finally:
            os.chdir(here)


def _joined(one: Rendered, other: Rendered) -> Rendered:
    return one if one.error else Rendered(one.revision, one.direction, "\n".join(filter(None, [one.sql, other.sql])))


def _run(function: Callable[[], None], revision: Any, buffer: StringIO, direction: str, project: Project) -> Rendered:
    """Run one function of a revision; what it wrote, or why it could not."""
    start = buffer.tell()
    try:
        function()
    except Exception as error:
        frames = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename) == Path(revision.path)
        ]
        said = in_python(error)
        line = frames[-1] if frames else 0
        return Rendered(revision.revision, direction, "", said, project.relative(revision.path), line or 0)
    return Rendered(revision.revision, direction, buffer.getvalue()[start:].strip("\n"))


def findings(project: Project, names: Sequence[str]) -> list[Finding]:
    """The revisions whose upgrade cannot be rendered; where env.py cannot do it, that alone."""
    if not names:
        return []
    try:
        rendered = render(project, names)
    except Exception as error:
        env = Path(project.script.env_py_location)
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if Path(frame.filename) == env), 1)
        return [
            SQL.found(
                f"env.py cannot render SQL: {in_python(error)}",
                file=project.relative(env),
                line=line or 1,
                help=missing(error) or 'see alembic upgrade --sql; or say sql = "never" in [tool.alembic-ext.check]',
            )
        ]
    return found_in(rendered)


def found_in(rendered: Iterable[Rendered]) -> list[Finding]:
    """Those that cannot be rendered."""
    return [
        SQL.found(
            f"revision {one.revision} cannot be rendered with --sql: {one.error}",
            revision=one.revision,
            file=one.file,
            line=one.line,
            help=for_unset(one.error, "do not read from the database there, or ask context.is_offline_mode() first"),
        )
        for one in rendered
        if one.error
    ]
