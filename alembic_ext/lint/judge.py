"""Revisions are brought to the sandbox one after the other; those that are asked for are watched and judged.

What a revision breaks does not end the rest: it is marked as applied, and those that follow are run on what is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass

from alembic_ext.errors import AlembicExtError, HistoryFailed
from alembic_ext.history import History, Revision
from alembic_ext.lint import questions
from alembic_ext.lint.moment import Course
from alembic_ext.lint.rule import Hit, Rule, hits
from alembic_ext.lint.trace import Trace

Opened = Callable[[], AbstractContextManager[History]]
_AROUND = "alembic_ext.lint.probe:watched"


@dataclass(frozen=True)
class Judged:
    """What was found in one revision.

    ``courses`` are what was seen in each database; ``error`` is why it could not be run to its end.
    """

    revision: Revision
    courses: tuple[Course, ...] = ()
    hits: tuple[tuple[Rule, Hit], ...] = ()
    error: AlembicExtError | None = None

    @property
    def statements(self) -> int:
        """How many statements there were."""
        return sum(len(course.moments) for course in self.courses)

    @property
    def unseen(self) -> int:
        """How many of them were not seen in a transaction."""
        return sum(not moment.did.observed for course in self.courses for moment in course.moments)


def judged(
    opened: Opened, wanted: Callable[[Sequence[Revision]], frozenset[str]], rules: Sequence[Rule], limit: float
) -> Iterator[Judged]:
    """The wanted revisions, each judged by these rules; ``limit`` is how long one may take, in seconds."""
    with ExitStack() as ending:
        history = ending.enter_context(opened())
        asked = wanted(history.revisions)
        left = len(asked)
        done: list[tuple[str, str]] = []
        waiting: list[tuple[str, str]] = []
        for revision in history.revisions:
            if not left:
                return
            if revision.id not in asked:
                waiting.append(("up", revision.id))
                continue
            left -= 1
            if waiting or not done:
                _reach(history, done, waiting)
                done, waiting = done + waiting, []
            try:
                with _bounded(history, limit):
                    value = history.watch_step(revision.id, _AROUND)
            except AlembicExtError as error:
                yield Judged(revision, error=error)
                done.append(("mark", revision.id))
                if _mark(history, revision.id):
                    continue
                ending.close()
                history = ending.enter_context(opened())
                _reach(history, [], done)
                continue
            done.append(("up", revision.id))
            courses = tuple(Course.of(Trace.of(one)) for one in value)
            yield Judged(revision, courses, tuple(hit for course in courses for hit in hits(course, rules)))


def _reach(history: History, done: Sequence[tuple[str, str]], steps: Sequence[tuple[str, str]]) -> None:
    """Run what is not judged; what fails is marked as applied."""
    if not done and steps and all(way == "up" for way, _ in steps):
        failure = history.reach([id for _, id in steps])
    else:
        failure = history.walk(steps)
    left = list(steps)
    while failure is not None:
        left = left[failure.done :]
        if not left:
            raise failure.error("env.py failed")
        left[0] = ("mark", left[0][1])
        failure = history.walk(left)
        if failure is not None and failure.done == 0:
            raise failure.error(f"revision {left[0][1]} cannot be marked")
    _tell(history)


def _tell(history: History) -> None:
    """Let the sandboxes tell of rewrites and drops, where we may."""
    for database in history.databases:
        session = database.connected()
        try:
            with suppress(Exception):  # it is there already, or we are no superuser: then the files are compared
                session.run(questions.TELL)
        finally:
            session.close()


def _mark(history: History, id: str) -> bool:
    try:
        return history.walk([("mark", id)]) is None
    except HistoryFailed:
        return False


@contextmanager
def _bounded(history: History, limit: float) -> Iterator[None]:
    """Cancel what takes too long; then end the process."""
    over = threading.Event()

    def watch() -> None:
        if over.wait(limit):
            return
        for _ in range(3):
            for database in history.databases:
                with suppress(Exception):
                    session = database.connected()
                    try:
                        session.rows(
                            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                            "AND state = 'active' AND pid <> pg_backend_pid()"
                        )
                    finally:
                        session.close()
            if over.wait(2):
                return
        history.kill()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
