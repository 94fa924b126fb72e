"""Revisions are brought to the sandbox one after the other; those that are asked for are watched and judged.

What a revision breaks does not end the rest: it is marked as applied, and those that follow are run on what is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from alembic_ext.errors import AlembicExtError, HistoryFailed
from alembic_ext.history import Failure, History, Revision
from alembic_ext.lint import questions
from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Hit, Rule, hits
from alembic_ext.lint.trace import Place, Trace
from alembic_ext.project.named import one_of
from alembic_ext.stairway import above

Opened = Callable[[], AbstractContextManager[History]]
_AROUND = "alembic_ext.lint.probe:watched"
_SCRIPTED = "alembic_ext.lint.script:scripted"


@dataclass(frozen=True)
class Judged:
    """What was found in one revision.

    ``courses`` are what was seen in each database; ``error`` is why it could not be run, and ``places`` where that was.
    ``broken`` are rules that could not judge it, by slug, each with the reason.
    """

    revision: Revision
    courses: tuple[Course, ...] = ()
    hits: tuple[tuple[Rule, Hit], ...] = ()
    error: AlembicExtError | None = None
    places: tuple[Place, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)


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
            failure: Failure | AlembicExtError | None
            try:
                with _bounded(history, limit):
                    value, failure = history.watch_step(revision.id, _AROUND, limit=limit)
            except AlembicExtError as error:
                value, failure = [], error
            courses = tuple(Course.of(Trace.of(one)) for one in value)
            yield _judged(revision, courses, failure, rules)
            if failure is None:
                done.append(("up", revision.id))
                continue
            done.append(("mark", revision.id))
            if not _mark(history, revision.id):
                ending.close()
                history = ending.enter_context(opened())
                _reach(history, [], done)


def lacking_noted(found: Sequence[Judged]) -> list[Judged]:
    """The same, where what the whole project lacks is only a note: it is no revision's fault."""
    courses = [course for one in found for course in one.courses]
    lacking = {rule for one in found for rule, _ in one.hits if rule.lacks_everywhere(courses)}
    return [
        replace(
            one, hits=tuple((rule, hit._replace(severity="note") if rule in lacking else hit) for rule, hit in one.hits)
        )
        for one in found
    ]


def judged_file(opened: Opened, file: Path, start: str | None, rules: Sequence[Rule], limit: float) -> Judged:
    """What is found in a file that `alembic upgrade --sql` has written, to be run above a revision, or on nothing.

    Raises:
        AlembicExtError: the revision does not exist, or those up to it cannot be run.
    """
    with opened() as history:
        revisions = history.revisions
        id = one_of(start, revisions, "--from") if start else ""
        above_it = above(revisions, [id] if id else [])
        below = [one.id for one in revisions if one.id not in above_it]
        if not above_it:
            raise AlembicExtError("there is no revision above --from", help="name the one that the file begins above")
        _reach(history, [], [("up", one) for one in below])
        next_one = next(one.id for one in revisions if one.id in above_it)
        shown = Revision("", (), (), (), "", str(file))
        failure: Failure | AlembicExtError | None
        try:
            with _bounded(history, limit):
                value, failure = history.watch_step(next_one, _SCRIPTED, way="mark", file=str(file), limit=limit)
        except AlembicExtError as error:
            value, failure = [], error
        return _judged(shown, tuple(Course.of(Trace.of(one)) for one in value), failure, rules)


def _judged(
    revision: Revision, courses: tuple[Course, ...], failure: Failure | AlembicExtError | None, rules: Sequence[Rule]
) -> Judged:
    broken: dict[str, str] = {}
    found = tuple(hit for course in courses for hit in hits(course, rules, broken))
    judged = Judged(revision, courses, found, broken=broken)
    if failure is None or any(course.trace.error for course in courses):
        return judged
    if isinstance(failure, AlembicExtError):
        return replace(judged, error=failure)
    file, _, line = failure.place.rpartition(":")
    places = (Place(file, int(line)),) if file and line.isdigit() else ()
    return replace(judged, error=failure.again(f"revision {revision.id}"), places=places)


def _reach(history: History, done: Sequence[tuple[str, str]], steps: Sequence[tuple[str, str]]) -> None:
    """Run what is not judged; what fails is marked as applied."""
    if not done and steps and all(way == "up" for way, _ in steps):
        failure = history.reach([id for _, id in steps])
    else:
        failure = history.walk(steps)
    left = list(steps)
    while failure is not None:
        left = left[failure.done :]
        if not left or not failure.stepping:
            raise failure.error("env.py failed")
        left[0] = ("mark", left[0][1])
        failure = history.walk(left)
        if failure is not None and failure.done == 0:
            raise failure.error(f"revision {left[0][1]} cannot be marked")
    if not done and steps:
        history.release()  # they were applied in another session: what they SET does not hold for those above them
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
