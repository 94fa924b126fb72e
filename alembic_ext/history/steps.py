"""In the child process: env.py is run, and revisions are stepped through inside that one run.

`EnvironmentContext` asks a function for the steps to take. Ours is a generator, which waits for what the parent wants
next: so one run of env.py, one connection and one transaction after the other serve a whole stairway (*measured*: 30
runs of env.py on 300 revisions 3.9 s, 30 steps in one 0.08 s). After each step what it did is committed, whatever
transactions env.py uses, so that the parent sees it and a step is what one ``alembic upgrade +1`` would have been.
An env.py that runs migrations more than once (several databases) is run once for each command instead.
"""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any

from alembic.config import CommandLine, Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep

from alembic_ext.errors import HistoryFailed
from alembic_ext.history.channel import Channel, Message
from alembic_ext.project.scripts import loaded
from alembic_ext.session import through
from alembic_ext.sqltext import literal, split

Around = Callable[..., Any]
"""Is given the context, the script, what runs it and further words, and runs it; what it gives must be JSON."""


class Environment:
    """An Alembic project in this process."""

    def __init__(self, config: Config, channel: Channel) -> None:
        self.config, self._channel = config, channel
        self.script = loaded(config)
        self._runs: int | None = None
        self._locals: dict[MigrationContext, Mapping[str, str]] = {}
        self._done = 0
        self._waiting = self.stepping = False
        self._error: BaseException | None = None
        self._around: Around | None = None
        self._told: list[Any] = []

    def revisions(self) -> list[Message]:
        """All revisions, each after what it needs."""
        return [_described(step.revision) for step in self.script._upgrade_revs("heads", ())]  # type: ignore[arg-type]

    def converse(self, first: Message) -> Message | None:
        """Serve ``first`` and all that follows inside a run of env.py; give a message that is not for here.

        Raises:
            Exception: what the project raised. It was in answer to the last command.
        """
        if self._runs is None:
            self._runs = self._run(lambda *_: iter(()))
            if not self._runs:
                raise HistoryFailed(
                    "env.py did not run any migration",
                    where=str(Path(self.script.dir, "env.py")),
                    help="it has to call context.run_migrations() when it is not in offline mode",
                )
        self._done, self._error, self._waiting, self._told = 0, None, True, []
        self.stepping = False
        left: list[Message] = []
        if self._runs > 1:
            self._run(lambda _, context: self._serve(first, context))
            self._check()
            self._channel.send({"do": "done", "value": self._told})
            return None

        def steps(_: Any, context: MigrationContext) -> Iterator[RevisionStep]:
            wanted = first
            while wanted["do"] in ("walk", "rows"):
                self._done, self._waiting, self._told = 0, True, []
                yield from self._serve(wanted, context)
                self._waiting = False
                self._channel.send({"do": "done", "value": self._told})
                wanted = self._channel.receive()
            left.append(wanted)

        self._run(steps)
        if not left:
            self._check()
        return left[0] if left else None

    def _check(self) -> None:
        """An env.py may have caught an error of a revision and ended as if nothing had been."""
        if self._error is not None:
            self.stepping = True
            raise self._error
        if self._waiting and self._runs == 1:
            raise HistoryFailed(
                "env.py ended before all migrations were run",
                where=str(Path(self.script.dir, "env.py")),
                help="let it raise what goes wrong",
            )

    @property
    def done(self) -> int:
        """How many steps of the last command were taken."""
        return self._done

    @property
    def told(self) -> list[Any]:
        """What the function around the last command's step gave."""
        return self._told

    def _run(self, function: Callable[..., Iterator[Any]]) -> int:
        """Run env.py; say how often it ran migrations."""
        runs = 0

        def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
            nonlocal runs
            runs += 1
            return function(heads, context)

        self._locals.clear()
        with EnvironmentContext(
            self.config, self.script, fn=steps, as_sql=False, starting_rev=None, destination_rev="heads", tag=None
        ):
            self.script.run_env()
        return runs

    def _serve(self, wanted: Message, context: MigrationContext) -> Iterator[Any]:
        self._begin(context)
        self._around = partial(called(wanted["around"]), **wanted["words"]) if wanted.get("around") else None
        self.stepping = True
        if wanted["do"] == "rows":
            _load(Path(wanted["file"]), context)
            _commit(context)
            self._done += 1
        for way, revision in wanted.get("steps", ()):
            yield self._step(way, revision, context)
            _commit(context)
            _open_again(context)
            self._done += 1
        self.stepping = False

    def _step(self, way: str, revision: str, context: MigrationContext) -> RevisionStep:
        script = self.script.get_revision(revision)
        revision_map = self.script.revision_map
        if way == "down":
            step = RevisionStep.downgrade_from_script(revision_map, script)
        else:
            step = RevisionStep.upgrade_from_script(revision_map, script)
        work = step.migration_fn if way != "mark" else _nothing
        around = self._around

        @wraps(work)
        def watched(**words: Any) -> None:
            if wanted := self._locals.get(context):
                _tell(context, wanted)
            try:
                if around is None:
                    work(**words)
                else:
                    self._told.append(around(context, script, lambda: work(**words)))
            except BaseException as error:
                self._error = error
                raise

        step.migration_fn = watched
        return step

    def _begin(self, context: MigrationContext) -> None:
        """Commit what env.py did, and remember what it said for its transaction only (SET LOCAL)."""
        if context in self._locals:
            return
        before = _settings(context)
        _commit(context)
        after = _settings(context)
        _commit(context)
        self._locals[context] = {name: value for name, value in before.items() if after.get(name) != value}


def called(target: str) -> Any:
    """What ``module:name`` is."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _nothing(**_: Any) -> None:
    """A revision that is only marked as applied."""


def _described(script: Any) -> Message:
    return {
        "id": script.revision,
        "down": list(script._versioned_down_revisions),
        "needs": list(script._resolved_dependencies),
        "labels": sorted(script.branch_labels or ()),
        "message": script.doc or "",
        "file": str(script.path),
    }


def _commit(context: MigrationContext) -> None:
    """Commit in the driver: SQLAlchemy's and env.py's transactions go on as if nothing had been."""
    if context.connection is not None:
        context.connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]


def _open_again(context: MigrationContext) -> None:
    """Where a revision ended SQLAlchemy's transaction, the next one finds one open, as if Alembic had begun anew."""
    ended = context._transaction
    if ended is not None and not ended.is_active and context.connection is not None:
        context._transaction = context.connection.get_transaction() or context.connection.begin()


def _settings(context: MigrationContext) -> dict[str, str]:
    assert context.connection is not None
    rows = through(context.connection)(
        "SELECT name, current_setting(name) FROM pg_catalog.pg_settings WHERE source = 'session' "
        "UNION ALL SELECT 'role', current_setting('role')"
    )
    return {name: value for name, value in rows if not name.startswith("transaction_")}


def _tell(context: MigrationContext, settings: Mapping[str, str]) -> None:
    assert context.connection is not None
    pairs = ", ".join(f"set_config({literal(name)}, {literal(value)}, true)" for name, value in settings.items())
    through(context.connection)(f"SELECT {pairs}")


class Rows(Exception):
    """Rows cannot be put in; its cause says why, ``place`` (``file:line``) where."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def _load(file: Path, context: MigrationContext) -> None:
    """Put the rows of a file into the database: statements, or what its function ``rows(connection)`` does.

    Raises:
        Rows: they cannot be.
    """
    place = f"{file}:0"
    try:
        if file.suffix == ".py":
            _call(file, context)
            return
        assert context.connection is not None
        send = through(context.connection)
        for statement in split(file.read_text("utf-8"), str(file), numbered=True):
            place = statement.source
            send(statement.text)
    except Exception as error:
        lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == str(file)]
        if isinstance(error, SyntaxError) and error.filename == str(file):
            lines = [error.lineno]
        said = getattr(error, "where", "")
        place = said if said.startswith(f"{file}:") else f"{file}:{lines[-1]}" if lines else place
        raise Rows(place) from error


def _call(file: Path, context: MigrationContext) -> None:
    spec = importlib.util.spec_from_file_location(f"alembic_ext_rows_{file.stem}", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(function := getattr(module, "rows", None)):
        raise HistoryFailed("there is no function rows(connection)", where=str(file), help="add one")
    function(context.connection)


def configuration(words: Sequence[str]) -> Config:
    """Alembic's configuration as its own command makes it of ``-c``, ``-n`` and ``-x``."""
    line = CommandLine()
    options = line.parser.parse_args([*words, "upgrade", "heads"])
    toml, ini = line._inis_from_config(options)
    return Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)
