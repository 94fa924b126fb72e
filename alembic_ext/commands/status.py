"""`alembic-ext status`: where the databases are; with --wait, until they are where they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alembic_ext.commands._common import Asked, common
from alembic_ext.commands._failures import failure
from alembic_ext.findings import Exit, Failure, Finding, Report, Rule, Section
from alembic_ext.project import Project

if TYPE_CHECKING:
    from alembic_ext.deploy.status import Where

PENDING = Rule("ST101", "revisions-pending")
INVALID = Rule("ST102", "invalid-index", "warning")


@click.command("status", short_help="Say what a database has and lacks, or wait for it.")
@common
@click.argument("target", default="head")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait until nothing is left to do, for at most this long; also for a server that is not up yet.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    metavar="SECONDS",
    help="Seconds between two looks; 1 by default.",
)
@click.option("--newer", is_flag=True, help="Accept a revision that this checkout does not have: it is a newer one.")
def status(asked: Asked, target: str, wait: float, every: float, newer: bool) -> None:
    """Say which revisions a database has and lacks, who deploys now, and what was left half done.

    Exit code 0 when nothing is left to do, 1 when something is, 2 when the database is at a revision that this checkout
    does not have (see --newer), 3 when it does not answer, 4 when its version table is locked, 5 when a revision is
    half done and nobody deploys. For init containers: with --wait it ends as soon as it is 0.
    """
    asked.needs_no_base()
    asked.run("status", lambda project: work(project, target, wait, every, newer=newer))


COMMAND = status


def work(project: Project, target: str, wait: float, every: float, *, newer: bool) -> Report:
    """Where one project's databases are."""
    from alembic_ext.deploy.status import status

    with project.found():
        found = status(project.config(), target, wait=wait, every=every, newer=newer)
    facts = {"databases": [one.as_json() for one in found.places]}
    sections = tuple(Section(str(one.target.place), _words(one)) for one in found.places)
    findings = [_pending(one) for one in found.places if one.target.pending and not one.interrupted]
    findings += [
        INVALID.found(f"{index} is invalid", object=f"index {index}", help="drop it and build it again")
        for one in found.places
        for index in one.invalid
    ]
    failures: tuple[Failure, ...] = ()
    if found.code not in (Exit.CLEAN, Exit.FINDINGS):
        problem, _, server = found.message.partition("\n  server: ")
        failures = (Failure(problem, server=server, help=_HELP.get(Exit(found.code), ""), code=found.code),)
        failures = (failure(found.error),) if found.error else failures
    summary = "" if findings or failures else "up to date"
    return Report(
        "status", sections=sections, findings=tuple(findings), failures=failures, facts=facts, summary=summary
    )


_HELP = {
    Exit.USAGE: "use a checkout that has the revision; or accept it as a newer one with --newer",
    Exit.LOCKED: "try again, or give --wait more seconds",
    Exit.PARTLY: "`alembic-ext deploy` says what of it is committed, and what to do",
}


def _pending(one: Where) -> Finding:
    return PENDING.found(
        f"{one.target.place} lacks {', '.join(one.target.pending)}", help="alembic-ext deploy",
        revision=one.target.pending[0],
    )  # fmt: skip


def _words(one: Where) -> str:
    from alembic_ext.deploy.events import blocker

    words = f"at {', '.join(one.target.heads) or 'nothing'}"
    if one.target.pending:
        words += f"; to do: {', '.join(one.target.pending)}"
    return words + (f"; deployed now by {blocker(one.deploying)}" if one.deploying else "")
