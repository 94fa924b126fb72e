"""`alembic-ext lint`: revisions judged by what the server does when they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from alembic_ext.commands._common import Asked, common
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.commands.test import none_of
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Finding, Report
from alembic_ext.project import Project

if TYPE_CHECKING:
    from alembic_ext.history import Revision


@dataclass(frozen=True)
class Options:
    """``[tool.alembic-ext.lint]``.

    Args:
        limit: how long the upgrade of one revision may take, in seconds.
        on: rules that are off unless they are named, by id or slug, or all of a group.
        baseline: a file with findings that are known; ``--write-baseline`` writes it.
        statistics: a file with the sizes of production's tables; `alembic-ext stats` writes it.
    """

    TABLE: ClassVar[str] = "lint"

    limit: int = 30
    on: tuple[str, ...] = ()
    baseline: str = ""
    statistics: str = ""

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise AlembicExtError(f"limit: {self.limit} is not positive", help="say 1 or more, in seconds")


@dataclass(frozen=True)
class Wanted:
    """What the command line says of it; configuration says the rest.

    Args:
        named: revisions, or ranges of them.
        since: a revision; those above it.
        everything: the whole history.
        on: rules that are switched on.
        statistics: a file.
        baseline: a file to be written.
        sql: a file that is judged instead of revisions.
        start: the revision that it begins above.
    """

    named: Sequence[str] = ()
    since: str | None = None
    everything: bool = False
    on: Sequence[str] = ()
    statistics: str | None = None
    baseline: str | None = None
    sql: str | None = None
    start: str | None = None


@click.command("lint", short_help="Run revisions, and say what they would do to a database in use.")
@common
@sandboxed
@click.argument("revisions", nargs=-1, metavar="[REV | REV:REV]...")
@click.option("--since", metavar="REV", help="Judge the revisions above this one.")
@click.option("--all", "everything", is_flag=True, help="Judge the whole history.")
@click.option("--on", multiple=True, metavar="RULE", help="Switch on a rule that is off, or all of a group.")
@click.option("--statistics", metavar="FILE", help="Sizes of tables, as alembic-ext stats writes them.")
@click.option(
    "--write-baseline", "baseline", metavar="FILE", help="Write down what is found now; from then on it is passed over."
)
@click.option(
    "--sql",
    metavar="FILE",
    help="Judge what alembic upgrade --sql or deploy --sql has written; --from says above what.",
)
@click.option(
    "--from", "start", metavar="REV", help="With --sql: the revision that the file starts from; none if omitted."
)
@click.option("--explain", is_flag=False, flag_value="", metavar="[RULE]", help="Explain a rule, or list all.")
def lint(
    asked: Asked, where: Where, revisions: Sequence[str], since: str | None, explain: str | None, **given: Any
) -> None:
    """Run revisions in a throw-away database, watch the server, and say what they would do to one in use.

    With --base only the revisions that the branch adds or changes; without anything the newest.
    """
    if explain is not None:
        from alembic_ext.lint import manual

        try:
            click.echo(manual.explained(explain) if explain else manual.listed())
        except AlembicExtError as error:
            raise click.UsageError(f"{error.problem}; {error.help}") from error
        return
    if given["start"] and not given["sql"]:
        raise click.UsageError("--from belongs to --sql")
    if given["sql"] and (revisions or since or given["everything"] or given["baseline"]):
        raise click.UsageError("--sql judges a file, not revisions")
    if len([one for one in (revisions, since, given["everything"]) if one]) > 1:
        raise click.UsageError("revisions, --since and --all exclude each other")
    wanted = Wanted(revisions, since, **given)
    asked.run("lint", lambda project: work(project, where, asked.base, wanted))


COMMAND = lint


def work(project: Project, where: Where, base: str | None = None, wanted: Wanted | None = None) -> Report:
    """What is wrong with revisions of one project."""
    from alembic_ext.history import opened
    from alembic_ext.lint import baseline, judge, statistics
    from alembic_ext.lint.chosen import chosen
    from alembic_ext.lint.rule import meant, switched_on
    from alembic_ext.lint.told import FAILS, Telling, all_described, seen

    wanted = wanted or Wanted()
    options = project.options(Options)
    top = project.pyproject.parent if project.pyproject else project.folder
    known = baseline.read(top / options.baseline) if options.baseline and not wanted.baseline else None
    sizes = statistics.Statistics()
    if wanted.statistics or options.statistics:
        sizes = statistics.read(Path(wanted.statistics) if wanted.statistics else top / options.statistics)
    off = {id for name, severity in project.common.severity.items() if severity == "off" for id in meant(name)}
    rules = [rule for rule in switched_on([*options.on, *wanted.on]) if rule.id not in off]
    ground = replace(where.of(project), settings=sizes.settings)

    def open_again() -> Any:
        return opened(ground, words=project.words, folder=Path.cwd())

    def which(revisions: Sequence[Revision]) -> frozenset[str]:
        seen_by.append(revisions)
        return chosen(project, revisions, base, wanted.named, wanted.since, everything=wanted.everything)

    seen_by: list[Sequence[Revision]] = []
    if wanted.sql is not None:
        file = Path(wanted.sql)
        if not file.is_file():
            raise AlembicExtError(f"there is no file {wanted.sql!r}", help="alembic upgrade START:heads --sql > FILE")
        found = [judge.judged_file(open_again, file.absolute(), wanted.start, rules, options.limit)]
    else:
        found = list(judge.judged(open_again, which, rules, options.limit))
    found = judge.lacking_noted(found)
    telling = Telling(project.relative, rules, sizes)
    findings = [finding for one in found for finding in telling.of(one)]
    if wanted.sql is not None and not wanted.start:
        help = "if the file begins above a revision, name it: --from REV; else correct it"
        findings = [replace(one, help=help) if one.id == FAILS.id else one for one in findings]
    facts: dict[str, Any] = {"revisions": len(found), "ignored": telling.ignored}
    if wanted.baseline:
        ids = [one.revision.id for one in found]
        facts["baseline"] = _written(Path(wanted.baseline), findings, ids)
        findings = []
    elif known is not None:
        every, findings = findings, baseline.without(findings, known)
        facts["baseline"] = len(every) - len(findings)
    said = {finding.id for finding in findings}
    line = "; ".join([seen(found), *(f"{count} {words}" for words, count in _left_out(facts).items() if count)])
    summary = none_of(seen_by[0], "judge", base, wanted.since) if seen_by and not found else ""
    return Report(
        "lint", findings=tuple(findings), facts=facts, seen="" if summary else line, summary=summary,
        rules=tuple(rule for rule in all_described() if rule.id in said),
    )  # fmt: skip


def _left_out(facts: dict[str, Any]) -> dict[str, int]:
    return {"ignored": facts["ignored"], "in the baseline": facts.get("baseline", 0)}


def _written(file: Path, findings: Sequence[Finding], ids: Sequence[str]) -> int:
    """Write the baseline; how many findings it has of these revisions."""
    from collections import Counter

    from alembic_ext.lint import baseline

    before = baseline.read(file) if file.exists() else Counter()
    try:
        file.write_text(baseline.written(findings, ids, before), "utf-8")
    except OSError as error:
        raise AlembicExtError(f"{file} cannot be written", server=str(error.strerror)) from error
    return len(findings)
