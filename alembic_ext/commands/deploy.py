"""`alembic-ext deploy`: `alembic upgrade` for pipelines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TextIO

import click

from alembic_ext import redact
from alembic_ext.commands._common import STDOUT, Asked, _stdout_is_stderr, common, whole
from alembic_ext.commands._failures import failure
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.commands._times import check, time
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Exit, Report, Section
from alembic_ext.formats import render
from alembic_ext.project import Project
from alembic_ext.sqltext import ident

if TYPE_CHECKING:
    from alembic_ext.deploy.asked import Options as Said
    from alembic_ext.deploy.asked import Outcome
    from alembic_ext.deploy.events import Event, Listener
    from alembic_ext.deploy.hold import Target


@dataclass(frozen=True)
class Options:
    """``[tool.alembic-ext.deploy]``; the command line goes before it.

    Args:
        lock_timeout: how long a statement waits for a lock, as PostgreSQL spells times; empty leaves what env.py, the
            role or the database has set.
        statement_timeout: how long a statement may take; likewise.
        wait: seconds to wait for another deploy.
        retries: how often a revision that ran into lock_timeout is tried again.
        check_drift: before the first revision, compare the database with what the revisions give that it says it is at.
        hooks: functions that are told each event, as ``package.module:function``.
    """

    TABLE: ClassVar[str] = "deploy"

    lock_timeout: str = "3s"
    statement_timeout: str = ""
    wait: float = 300
    retries: int = 10
    check_drift: bool = False
    hooks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check("lock-timeout", self.lock_timeout, empty=True)
        check("statement-timeout", self.statement_timeout, empty=True)
        for name, value in (("wait", self.wait), ("retries", self.retries)):
            if value < 0:
                raise AlembicExtError(f"{name}: {value} is negative", help="say 0 or more")


@click.command("deploy", short_help="Upgrade a database, one deployer at a time.")
@common
@click.argument("target", default="head")
@click.option(
    "--lock-timeout",
    callback=time(empty=True),
    metavar="TIME",
    help="How long a statement waits for a lock; 3s by default. Empty: leave the setting alone.",
)
@click.option(
    "--statement-timeout",
    callback=time(empty=True),
    metavar="TIME",
    help="How long a statement may take. Empty: leave the setting alone.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for another deploy; 300 by default.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    metavar="N",
    help="How often to try again after lock_timeout; 10 by default.",
)
@click.option("--single-transaction", is_flag=True, help="All revisions in one run of env.py, as `alembic upgrade`.")
@click.option(
    "--repair",
    is_flag=True,
    help="After somebody has looked at an interrupted revision: drop its invalid indexes, and run it again.",
)
@click.option(
    "--check-drift/--no-check-drift",
    default=None,
    help="Stop if the database differs from what its revisions give; they run in a throw-away database.",
)
@sandboxed
@click.option("--events", metavar="FILE", help="Lines of JSON as it goes; - is standard output, or /dev/fd/3.")
@click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing.")
@click.option("--sql", is_flag=True, help="Write SQL for psql, to --output or standard output; TARGET may be FROM:TO.")
def deploy(
    asked: Asked, target: str, events: str | None, dry_run: bool, sql: bool, single_transaction: bool, repair: bool,
    check_drift: bool | None, where: Where, **said: Any,
) -> None:  # fmt: skip
    """Upgrade the database to TARGET (head) as `alembic upgrade` does, one deployer at a time, each revision by itself.

    A statement waits for locks only briefly; then all of its revision is rolled back, and tried again. SIGTERM rolls
    back what runs, or finishes it where that cannot be rolled back, and says which; the exit code is then 143, unless
    everything was done. After exit code 5 something of a revision is committed and something is not: the message says
    what, and what to run or undo.
    """
    asked.needs_no_base()
    if dry_run and events:
        raise click.UsageError("--dry-run runs nothing, so that there are no events: leave --events out")
    if sql:
        _write_sql(asked, target, said)
    more: dict[str, Any] = {
        "single_transaction": single_transaction,
        "repair": repair,
        "check_drift": check_drift,
        "where": where,
    }
    if asked.projects or dry_run:
        asked.run("deploy", lambda project: work(project, target, events, said, more, dry_run=dry_run))
    codes: list[int] = []

    def one(project: Project) -> Report:
        return work(project, target, events, said, more, codes=codes)

    stream = _opened(events)
    more["stream"] = stream
    with _stdout_is_stderr():
        report = asked.of_one("deploy", one)
    asked.write(report)
    sys.stdout.flush()
    sys.exit(codes[0] if codes else int(report.code))


COMMAND = deploy


def options(project: Project, said: dict[str, Any], more: dict[str, Any]) -> Said:
    """What the command line says, else the configuration, else what is usual."""
    from alembic_ext.deploy.asked import Options as Said

    known = project.options(Options)
    values = {name: getattr(known, name) if value is None else value for name, value in said.items()}
    for name in ("lock_timeout", "statement_timeout"):
        values[name] = values[name] or None
    asked = Said(**values, **{name: more[name] for name in ("single_transaction", "repair") if name in more})
    wanted = more.get("check_drift")
    if known.check_drift if wanted is None else wanted:
        return replace(asked, drift=lambda targets: drifted(project, targets, more["where"]))
    return asked


def drifted(project: Project, targets: Sequence[Target], where: Where) -> list[str]:
    """What `alembic-ext drift` finds in the databases that is severe enough to fail.

    Raises:
        AlembicExtError: it cannot be told.
    """
    from alembic_ext import drift

    databases: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        databases.setdefault((target.place.server, target.place.database), []).append(target)
    found = []
    for (_, name), there in databases.items():
        first, *others = there
        if any(frozenset(one.heads) != frozenset(first.heads) for one in others):
            raise AlembicExtError(
                f"drift cannot be determined: the version tables in {name} are at different revisions",
                help="say --no-check-drift, and use alembic-ext drift",
            )
        asked = replace(project.options(drift.Options), version_table=ident(first.place.schema, first.place.table))
        revision = "" if first.heads else "base"
        report = drift.of(project, first.parameters, asked, where.of(project), revision)
        report = replace(report.with_severities(project.common.severity), fail_on=project.common.fail_on)
        found += [one.message for one in report.failing]
    return found


def work(
    project: Project, target: str, events: str | None, said: dict[str, Any], more: dict[str, Any],
    *, dry_run: bool = False, codes: list[int] | None = None,
) -> Report:  # fmt: skip
    """Deploy one project."""
    from alembic_ext.deploy.dry import planned
    from alembic_ext.deploy.run import deploy

    asked = options(project, said, more)
    with project.found():
        if dry_run:
            return _plan(planned(project.config(), target, asked))
        stream = more.get("stream") or _opened(events)
        outcome = deploy(project.config(), target, options=asked, listeners=_listeners(project, stream))
    if codes is not None and outcome.code > max(Exit):
        codes.append(outcome.code)
    return _report(outcome)


def _report(outcome: Outcome) -> Report:
    facts: dict[str, Any] = {"applied": list(outcome.applied), "message": outcome.message}
    if outcome.error is None:
        summary = "done" if outcome.applied else "nothing to do"
        return Report("deploy", sections=(Section(outcome.message),), facts=facts, summary=summary)
    told = failure(outcome.error)
    if outcome.code > max(Exit):
        facts["exit_code"] = outcome.code  # a signal's: the process ends with it
        summary = "stopped"
    else:
        told = replace(told, code=Exit(outcome.code))
        summary = "failed" if outcome.code in (Exit.FINDINGS, Exit.USAGE) else ""
    return Report("deploy", failures=(told,), facts=facts, summary=summary)


def _plan(plan: Any) -> Report:
    sections = tuple(
        Section(f"{one.revision} {one.doc}".strip(), one.remark, one.sql, "sql" if one.sql else "")
        for one in plan.steps
    )
    facts = {"revisions": [one.revision for one in plan.steps], "databases": list(plan.databases)}
    failures = tuple(map(failure, plan.failures))
    todo = f"{len(sections)} revision{'' if len(sections) == 1 else 's'} to run" if sections else "nothing to do"
    summary = "it would not start" if failures else todo
    return Report("deploy", sections=sections, failures=failures, facts=facts, summary=summary)


def _write_sql(asked: Asked, target: str, said: dict[str, Any]) -> NoReturn:
    """Write SQL, and nothing else, where output goes; the file is there whole, or as it was before."""
    given = click.get_current_context().params
    others = (
        "projects",
        "dry_run",
        "repair",
        "single_transaction",
        "check_drift",
        "events",
        "wait",
        "retries",
        "wanted",
    )
    if wrong := [name for name in others if given.get(name)]:
        word = {"projects": "project", "wanted": "format"}.get(wrong[0], wrong[0]).replace("_", "-")
        raise click.UsageError(f"--sql writes SQL for psql and runs nothing: --{word} does not belong to it")
    texts: list[str] = []

    def one(project: Project) -> Report:
        texts.append(_file(project, target, options(project, said, {})))
        return Report("deploy")

    with _stdout_is_stderr():
        report = asked.of_one("deploy", one)
    if not texts:  # never among the SQL
        click.echo(render(redact.value(report), "text"), nl=False, err=True)
        sys.exit(int(report.code))
    output = given.get("output") or STDOUT
    if output == STDOUT:
        sys.stdout.write(texts[0])
        sys.stdout.flush()
    else:
        whole(Path(output), texts[0])
    sys.exit(0)


def _file(project: Project, target: str, asked: Said) -> str:
    from alembic_ext.deploy import offline
    from alembic_ext.deploy.hold import Project as Held

    start, _, end = target.rpartition(":")
    settings = {"lock_timeout": asked.lock_timeout, "statement_timeout": asked.statement_timeout}
    with project.found():
        return offline.script(Held(project.config(), end), start or None, settings)


def _opened(events: str | None) -> TextIO | None:
    if events is None:
        return None
    try:
        return os.fdopen(os.dup(1), "w") if events == "-" else Path(events).open("a", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--events {events}: {error.strerror}") from error


def _listeners(project: Project, stream: TextIO | None) -> list[Listener]:
    from alembic_ext.deploy.events import lines, sentences
    from alembic_ext.deploy.telemetry import spans

    found: list[Listener] = [_but_the_end(sentences(lambda text: click.echo(text, err=True)))]
    found += [lines(stream)] if stream else []
    found += [made] if (made := spans()) else []
    return found + [_hook(name) for name in project.options(Options).hooks]


def _but_the_end(listener: Listener) -> Listener:
    """The report says how it ended."""

    def tell(event: Event) -> None:
        if event.name not in ("failed", "finished"):
            listener(event)

    return tell


def _hook(name: str) -> Callable[[Event], None]:
    from importlib import import_module

    module, _, function = name.partition(":")
    try:
        made: Callable[[Event], None] = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise AlembicExtError(
            f"[tool.alembic-ext.deploy] hooks: {name!r} cannot be imported", server=str(error),
            help='name a function: "package.module:function"',
        ) from error  # fmt: skip
    return made
