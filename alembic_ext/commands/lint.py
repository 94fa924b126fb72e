"""`alembic-ext lint`: revisions judged by what the server does when they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from alembic_ext.commands._common import Asked, common
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.findings import Finding, Report, Rule
from alembic_ext.project import Project

if TYPE_CHECKING:
    from alembic_ext.history import Revision
    from alembic_ext.lint.judge import Judged

FAILS = Rule("LP101", "upgrade-fails")


@dataclass(frozen=True)
class Options:
    """``[tool.alembic-ext.lint]``.

    Args:
        limit: how long the upgrade of one revision may take, in seconds.
        on: rules that are off unless they are named, by id or slug, or all of a group.
    """

    TABLE: ClassVar[str] = "lint"

    limit: int = 30
    on: tuple[str, ...] = ()


@click.command("lint")
@common
@sandboxed
@click.argument("revisions", nargs=-1, metavar="[REV | REV:REV]...")
@click.option("--since", metavar="REV", help="Judge the revisions above this one.")
@click.option("--on", multiple=True, metavar="RULE", help="Switch on a rule that is off, or all of a group.")
@click.option("--all", "everything", is_flag=True, help="Judge the whole history.")
def lint(
    asked: Asked, where: Where, revisions: Sequence[str], since: str | None, on: Sequence[str], everything: bool
) -> None:
    """Run revisions in a throw-away database, watch the server, and say what they would do to one in use.

    With --base only the revisions that the branch adds or changes; without anything the newest.
    """
    asked.run("lint", lambda project: work(project, where, asked.base, revisions, since, on, everything=everything))


COMMAND = lint


def work(
    project: Project, where: Where, base: str | None = None, named: Sequence[str] = (), since: str | None = None,
    on: Sequence[str] = (), *, everything: bool = False,
) -> Report:  # fmt: skip
    """What is wrong with revisions of one project."""
    from alembic_ext.history import opened
    from alembic_ext.lint.chosen import chosen
    from alembic_ext.lint.judge import judged
    from alembic_ext.lint.rule import switched_on

    options = project.options(Options)

    def open_again() -> Any:
        return opened(where.of(project), words=project.words, folder=Path.cwd())

    def wanted(revisions: Sequence[Revision]) -> frozenset[str]:
        return chosen(project, revisions, base, named, since, everything=everything)

    found = list(judged(open_again, wanted, switched_on([*options.on, *on]), options.limit))
    findings = [finding for one in found for finding in findings_of(project, one)]
    statements, unseen = sum(one.statements for one in found), sum(one.unseen for one in found)
    facts = {"revisions": len(found), "statements": statements, "not analysed": unseen}
    return Report("lint", findings=tuple(findings), facts=facts)


def findings_of(project: Project, judged: Judged) -> list[Finding]:
    """What was found in one revision."""
    found = []
    if judged.error is not None:
        found.append(FAILS.found(f"revision {judged.revision.id}: {judged.error.problem}", **_about(project, judged)))
    for course in judged.courses:
        said = {id(hit.moment) for rule, hit in judged.hits if (hit.severity or rule.severity) == "error"}
        failed = [
            (moment.did.error, moment.did.places) for moment in course.moments
            if moment.did.error and course.trace.lenient and id(moment) not in said
        ]  # fmt: skip
        if course.trace.error:  # else it was run over what fails
            failed = [(course.trace.error, course.trace.error_places)]
        for error, places in failed:
            about = _about(project, judged)
            if places:
                about |= {"file": project.relative(places[0].file), "line": places[0].line}
            found.append(FAILS.found(f"revision {judged.revision.id}: the upgrade fails: {error}", **about))
    for rule, hit in judged.hits:
        about = _about(project, judged)
        if hit.moment.did.places:
            place = hit.moment.did.places[0]
            about |= {"file": project.relative(place.file), "line": place.line}
        words = hit.message if hit.verdict == "observed" else f"{hit.message} (static)"
        found.append(
            Finding(
                rule.id, rule.slug, words, hit.severity or rule.severity, hit.object, hit.help, sql=hit.moment.did.sql,
                code=hit.code, **about,
            )
        )  # fmt: skip
    return found


def _about(project: Project, judged: Judged) -> dict[str, Any]:
    return {"revision": judged.revision.id, "file": project.relative(judged.revision.file)}
