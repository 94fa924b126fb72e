"""What pytest may ask for: the stairway as tests, one for each revision, and databases at the head of the history.

It is used where it is named: ``pytest_plugins = ["alembic_ext.pytest_plugin"]`` in conftest.py, or ``pytest -p
alembic_ext.pytest_plugin``. Then

- ``pytest --alembic-ext`` adds one test for each revision: up, down, up again, the whole schema compared;
- ``alembic_ext_database`` is the URL of a database at the head, made anew for each test from a template;
- ``alembic_ext_runner`` steps through the history, from its beginning in each test.

Everything happens in throw-away databases; where they are says ``[tool.alembic-ext]``, or ``--alembic-ext-dev-url``.
The project is the one whose alembic.ini or pyproject.toml is where pytest has its root, or `alembic_ext_project`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlalchemy import URL

    from alembic_ext.history import Ground, History, Revision
    from alembic_ext.model import Key, Stored
    from alembic_ext.project import Project
    from alembic_ext.stairway import Asked, Outcome


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin."""
    group = parser.getgroup("alembic-ext")
    group.addoption("--alembic-ext", action="store_true", help="Test each revision: up, down, up again.")
    group.addoption("--alembic-ext-config", metavar="FILE", help="The alembic.ini or pyproject.toml of the project.")
    group.addoption("--alembic-ext-dev-url", metavar="URL", help="A server for throw-away databases, or: embedded.")
    group.addoption("--alembic-ext-since", metavar="REV", help="Test the revisions above this one only.")
    group.addoption("--alembic-ext-base", metavar="GITREF", help="Test what the branch adds or changes only.")


def _project(config: pytest.Config) -> Project:
    from alembic_ext.project import TOML, find

    if named := config.getoption("alembic_ext_config"):
        return find([named])
    places = [config.rootpath / "alembic.ini", config.rootpath / TOML]
    return find([str(place) for place in places if place.is_file()])


class _Grounds:
    """Where the sandboxes of a session are: each history has a server of its own, where none is named.

    Roles belong to a whole server, and histories that make the same ones are open at the same time.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._ending = config, ExitStack()
        config.add_cleanup(self._ending.close)

    def of(self, project: Project, ending: ExitStack) -> Ground:
        from alembic_ext.commands._ground import Where
        from alembic_ext.sandbox.server import embedded_url

        ground = Where(self._config.getoption("alembic_ext_dev_url")).of(project)
        if ground.dev_url is not None:
            return ground
        return replace(ground, dev_url=ending.enter_context(embedded_url("embedded", "")), throwaway=True)

    def opened(self, project: Project, ending: ExitStack | None = None) -> History:
        """The history of a project, open until the session ends."""
        from alembic_ext.history import opened

        ending = ending or self._ending
        return ending.enter_context(opened(self.of(project, ending), words=project.words))


_GROUNDS = pytest.StashKey[_Grounds]()


def pytest_configure(config: pytest.Config) -> None:
    """Have one place for what the session opens."""
    config.stash[_GROUNDS] = _Grounds(config)


# ------------------------------------------------------------------------------------------------------------ stairway


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the stairway to what was collected, before -k and -m choose."""
    if config.getoption("alembic_ext"):
        from alembic_ext.errors import AlembicExtError

        try:
            items += Stairway.from_parent(session, name="alembic-ext").collect()
        except AlembicExtError as error:
            raise pytest.UsageError(str(error)) from error


class Stairway(pytest.Collector):
    """The revisions of the project."""

    def collect(self) -> Iterable[Step]:
        """One test for each revision that is asked for, and one for the way down with rows."""
        from alembic_ext.commands.test import wanted

        config = self.config
        project = _project(config)
        self.project, self.history = project, config.stash[_GROUNDS].opened(project)
        since, base = config.getoption("alembic_ext_since"), config.getoption("alembic_ext_base")
        self.asked = wanted(project, self.history.revisions, base, since)
        self.climbing: _Climbing | None = None
        for revision in self.history.revisions:
            if revision.id in self.asked.tested:
                yield Step.from_parent(self, name=revision.id, revision=revision)
        if self.asked.rows:
            yield Step.from_parent(self, name="down with rows", revision=None)

    def climbed(self) -> _Climbing:
        """The climb through the revisions whose tests this process runs."""
        if self.climbing is None:
            chosen = {item.revision.id for item in self.session.items if isinstance(item, Step) and item.revision}
            self.climbing = _Climbing(self.history, replace(self.asked, tested=self.asked.tested & chosen))
        return self.climbing


class _Climbing:
    """The outcomes, as far as they are known."""

    def __init__(self, history: History, asked: Asked) -> None:
        from alembic_ext.stairway import climb

        self._coming = climb(history, asked)
        self._left = set(asked.tested)
        self.known: dict[str, Outcome] = {}
        self.more: list[Outcome] = []

    def of(self, id: str) -> Outcome | None:
        """The outcome of a revision; the history is climbed as far as that takes."""
        while id not in self.known and (outcome := next(self._coming, None)):
            self.known[outcome.revision.id] = outcome
            self._left.discard(outcome.revision.id)
            if outcome.problems and not self._left:
                break
        if not self._left:
            self.more += self._coming
        return self.known.get(id)


class StairwayFailed(Exception):
    """A revision is not as it should be; the findings say how."""


class Step(pytest.Item):
    """One revision: up, down, up again."""

    def __init__(self, *, revision: Revision | None, **words: Any) -> None:
        super().__init__(**words)
        self.revision = revision

    def runtest(self) -> None:
        """Take the steps."""
        from alembic_ext.commands.test import found

        assert isinstance(self.parent, Stairway)
        climbing = self.parent.climbed()
        if self.revision is None:
            for id in self.parent.asked.tested:
                climbing.of(id)
            outcomes = climbing.more
        else:
            outcome = climbing.of(self.revision.id)
            failed = next((one for one in climbing.known.values() if one.problems), None)
            if outcome is None or outcome.word == "skipped":
                pytest.skip(f"revision {failed.revision.id} failed" if failed else "it was not reached")
            outcomes = [outcome]
        findings = [finding for one in outcomes for finding in found(self.parent.project, one)]
        if findings:
            raise StairwayFailed(findings)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings as text."""
        if not isinstance(excinfo.value, StairwayFailed):
            return super().repr_failure(excinfo, style)
        from alembic_ext import redact

        parts = []
        for finding in excinfo.value.args[0]:
            parts += [f"{finding.file}:{finding.line}: {finding.message}", finding.diff, f"help: {finding.help}"]
        return redact.text("\n".join(filter(None, parts)))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the revision is."""
        path = Path(self.revision.file) if self.revision else self.path
        return path, None, f"alembic-ext: {self.name}"


# ------------------------------------------------------------------------------------------------------------ fixtures


@contextmanager
def _in_words() -> Iterator[None]:
    """What keeps a fixture from being made is told without the way that led there."""
    from alembic_ext.errors import AlembicExtError

    try:
        yield
    except AlembicExtError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def alembic_ext_project(request: pytest.FixtureRequest) -> Project:
    """The project; a conftest.py may give another, made by ``alembic_ext.project.find``."""
    with _in_words():
        return _project(request.config)


@dataclass(frozen=True)
class Runner:
    """A history that is stepped through."""

    history: History

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """All of them, each after what it needs."""
        return self.history.revisions

    @property
    def url(self) -> URL:
        """The sandbox, for SQLAlchemy with psycopg."""
        from sqlalchemy import make_url

        return make_url(self.history.databases[0].url).set(drivername="postgresql+psycopg")

    def upgrade(self, *revisions: str) -> None:
        """Take these steps up: ids of revisions, in order; all that are left if none is given.

        Raises:
            HistoryFailed: a revision cannot be upgraded to.
        """
        self._walk("up", revisions or [one.id for one in self.revisions])

    def downgrade(self, *revisions: str) -> None:
        """Take these steps down: ids of revisions, in order; all that there are if none is given.

        Raises:
            HistoryFailed: a revision cannot be downgraded.
        """
        self._walk("down", revisions or [one.id for one in reversed(self.revisions)])

    def rows(self, file: Path) -> None:
        """Put the rows of a file into the database: of ``.sql``, or of ``.py`` with a function ``rows(connection)``.

        Raises:
            HistoryFailed: the database refuses them.
        """
        if failure := self.history.rows(file):
            raise failure.error(f"{file} cannot be put into the database")

    def objects(self) -> Mapping[Key, Stored]:
        """All that is in the database now."""
        self.history.look()
        return {key: stored for (_, key), stored in self.history.objects().items()}

    def _walk(self, way: str, revisions: Collection[str]) -> None:
        if failure := self.history.walk([(way, id) for id in revisions]):
            raise failure.error(f"revision {list(revisions)[failure.done]}: the {way}grade failed")


@pytest.fixture(scope="session")
def _alembic_ext_walked(alembic_ext_project: Project, pytestconfig: pytest.Config) -> Iterator[History]:
    with ExitStack() as ending:
        with _in_words():
            history = pytestconfig.stash[_GROUNDS].opened(alembic_ext_project, ending)
        yield history


@pytest.fixture
def alembic_ext_runner(_alembic_ext_walked: History) -> Runner:
    """Step through the history, from its beginning: an empty database."""
    with _in_words():
        _alembic_ext_walked.afresh()
        if failure := _alembic_ext_walked.walk([]):
            raise failure.error("env.py failed")
    return Runner(_alembic_ext_walked)


@pytest.fixture(scope="session")
def _alembic_ext_template(alembic_ext_project: Project, pytestconfig: pytest.Config) -> Iterator[History]:
    with ExitStack() as ending:
        with _in_words():
            history = pytestconfig.stash[_GROUNDS].opened(alembic_ext_project, ending)
            ids = [one.id for one in history.revisions]
            if failure := history.reach(ids):
                raise failure.error(f"revision {ids[failure.done]}: the upgrade failed")
            history.release()
        yield history


@pytest.fixture
def alembic_ext_database(_alembic_ext_template: History) -> Iterator[URL]:
    """The URL of a database at the head, for SQLAlchemy with psycopg; ``.set(drivername=…)`` for others."""
    from sqlalchemy import make_url

    with _alembic_ext_template.databases[0].copied() as url:
        yield make_url(url).set(drivername="postgresql+psycopg")
