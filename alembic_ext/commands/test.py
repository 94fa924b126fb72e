"""`alembic-ext test`: the stairway, each revision up, down and up again."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from alembic_ext.commands._common import Asked, common, progress
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.errors import AlembicExtError, for_unset, meant
from alembic_ext.findings import NO_REVISION, Case, Finding, Report, Rule
from alembic_ext.kinds import name_of
from alembic_ext.project import Project
from alembic_ext.project.git import needed
from alembic_ext.project.named import one_of

if TYPE_CHECKING:
    from alembic_ext import stairway
    from alembic_ext.history import Failure, Revision

RULES: Mapping[str, tuple[Rule, str, str]] = {
    "left": (Rule("TS101", "downgrade-leaves-traces"), "the downgrade",
             "let downgrade() take back all that upgrade() does"),
    "down": (Rule("TS102", "downgrade-fails"), "the downgrade fails",
             "correct downgrade(), or let it raise NotImplementedError where there is no way back"),
    "up": (Rule("TS103", "upgrade-fails"), "the upgrade fails", "correct upgrade()"),
    "again": (Rule("TS104", "upgrade-again-fails"), "after a downgrade the upgrade fails",
              "let downgrade() take back the rows that upgrade() puts in, too"),
    "rows": (Rule("TS105", "rows-fail"), "the rows for this revision cannot be loaded",
             "correct the file with the rows"),
    "down with rows": (Rule("TS106", "downgrade-fails-with-rows"), "with rows the downgrade fails",
                       "let downgrade() convert the rows, or raise NotImplementedError"),
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """``[tool.alembic-ext.test]``.

    Args:
        rows: the folder with rows: REVISION.sql, or REVISION.py with a function ``rows(connection)``.
        minimum_downgrade_revision: it and what is below it is never downgraded.
    """

    TABLE: ClassVar[str] = "test"

    rows: str = "tests/data"
    minimum_downgrade_revision: str = ""


@click.command("test", short_help="Run each revision up, down and up again.")
@common
@sandboxed
@click.option("--since", metavar="REV", help="Test the revisions above this one only.")
def test(asked: Asked, where: Where, since: str | None) -> None:
    """Run each revision up, down and up again in a throw-away database, and compare the whole schema.

    With --base only the revisions that the branch adds or changes; with --since those above a revision.
    """
    asked.run("test", lambda project: work(project, where, asked.base, since))


COMMAND = test


def work(project: Project, where: Where, base: str | None = None, since: str | None = None) -> Report:
    """How the revisions of one project did."""
    from alembic_ext import stairway
    from alembic_ext.history import opened

    with opened(where.of(project), words=project.words, folder=Path.cwd()) as history:
        asked = wanted(project, history.revisions, base, since)
        while True:
            with progress("test", len(asked.tested)) as done:
                try:
                    outcomes = list(stairway.climb(history, asked, done))
                    break
                except stairway.NotSeen:
                    history.afresh()
                    asked = stairway.Asked(asked.tested, asked.kept, asked.rows, whole=True)
        findings = [finding for outcome in outcomes for finding in found(project, outcome)]
        words = [outcome.word for outcome in outcomes]
        facts = {"revisions": len(history.revisions), "tested": len(asked.tested)}
        facts |= {word: words.count(word) for word in ("passed", "failed", "irreversible", "skipped")}
        cases = tuple(case(project, outcome) for outcome in outcomes)
        summary = none_of(history.revisions, "test", base, since) if not asked.tested else ""
        return Report("test", findings=tuple(findings), cases=cases, facts=facts, summary=summary)


def none_of(revisions: Sequence[Revision], verb: str, base: str | None, since: str | None) -> str:
    """How a report sums up that no revision was looked at."""
    if not revisions:
        return NO_REVISION
    which = f" that is not in {base}" if base else f" above {since}" if since else ""
    return f"no revision to {verb}{which}"


def wanted(project: Project, revisions: Sequence[Revision], base: str | None, since: str | None) -> stairway.Asked:
    """What is to be tested, of the command line and the configuration.

    Raises:
        AlembicExtError: a revision that is named does not exist.
    """
    from alembic_ext.stairway import Asked, above

    options = project.options(Options)
    top = project.pyproject.parent if project.pyproject else project.folder
    tested = frozenset(one.id for one in revisions)
    if since:
        tested &= above(revisions, [one_of(since, revisions, "--since")])
    if base:
        changed = needed(project.repository, project.folder).changed(base)
        tested &= {one.id for one in revisions if project.relative(one.file) in changed}
    kept: frozenset[str] = frozenset()
    if floor := options.minimum_downgrade_revision:
        id = one_of(floor, revisions, "minimum-downgrade-revision")
        kept = frozenset(one.id for one in revisions) - above(revisions, [id])
    if options.rows != Options.rows and not (top / options.rows).is_dir():
        raise AlembicExtError(f"there is no folder {options.rows!r}", help="correct rows in [tool.alembic-ext.test]")
    return Asked(tested, kept, rows_of(top / options.rows, revisions))


def rows_of(folder: Path, revisions: Sequence[Revision]) -> dict[str, Path]:
    """The files with rows by the ids of their revisions.

    Raises:
        AlembicExtError: a file is for no revision, or two are for one.
    """
    known = [one.id for one in revisions]
    files = sorted(file for file in folder.glob("*") if file.suffix in (".sql", ".py") and file.stem != "__init__")
    found: dict[str, Path] = {}
    for file in files:
        if file.stem not in known:
            help = meant(
                file.stem, known, "name the file after its revision; if this folder is for something else, "
                "name another: rows in [tool.alembic-ext.test]"
            )  # fmt: skip
            raise AlembicExtError(f"there is no revision {file.stem!r} for these rows", where=str(file), help=help)
        if (other := found.setdefault(file.stem, file)) != file:
            help = "make one file of them"
            raise AlembicExtError(f"two files hold rows: {other.name} and {file.name}", where=str(folder), help=help)
    return found


def found(project: Project, outcome: stairway.Outcome) -> list[Finding]:
    """What is wrong with one revision."""
    return [_finding(project, outcome.revision, problem) for problem in outcome.problems]


def _finding(project: Project, revision: Revision, problem: stairway.Problem) -> Finding:
    from alembic_ext import stairway

    rule, words, help = RULES[problem.what]
    about: dict[str, Any] = {"revision": revision.id, "file": project.relative(revision.file), "help": help}
    function = "upgrade" if problem.what in ("up", "again") else "downgrade"
    about["line"] = _line(Path(revision.file), function)
    if (change := problem.change) is not None:
        where = f" in {change.database}" if change.database else ""
        said = (
            "leaves {}" if change.before is None else "does not bring back {}" if change.after is None
            else "does not bring back {} as it was"
        )  # fmt: skip
        name = name_of(change.key)
        message = f"revision {revision.id}: {words} {said.format(name)}{where}"
        return rule.found(message, object=name, diff=stairway.diff(change), **about)
    failure = problem.failure
    assert failure is not None
    if (place := _place(project, failure)) is not None:
        about |= place
    if advice := failure.error("").help if failure.help or failure.state == "42704" else "":
        about["help"] = advice
    said = _one_line(": ".join(filter(None, [failure.message, failure.server if failure.own else ""])))
    plain = failure.state or failure.refused or failure.own or for_unset(said, "")
    if not plain and not said.startswith(failure.type):
        said = f"{failure.type}: {said}"
    return rule.found(f"revision {revision.id}: {words}: {said}", sql=failure.statement.strip(), **about)


def _one_line(said: str) -> str:
    """The server's words without its picture of where in the statement the error is."""
    lines = [line.strip() for line in said.splitlines()]
    return "; ".join(line for line in lines if line.strip("^ ") and not line.startswith("LINE "))


def _place(project: Project, failure: Failure) -> dict[str, Any] | None:
    file, _, line = failure.place.rpartition(":")
    return {"file": project.relative(file), "line": int(line)} if file and line.isdigit() else None


def _line(file: Path, function: str) -> int:
    """The line on which a function of a revision begins; 0 where there is none."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (OSError, SyntaxError):
        return 0
    return next((one.lineno for one in body if isinstance(one, ast.FunctionDef) and one.name == function), 0)


def case(project: Project, outcome: stairway.Outcome) -> Case:
    """The same as a test that ran."""
    revision = outcome.revision
    findings = found(project, outcome)
    return Case(
        f"{revision.id} {revision.message}".strip(),
        "stairway",
        "failed" if findings else "skipped" if outcome.word == "skipped" else "passed",
        round(outcome.seconds, 3),
        findings[0].message if findings else "a revision below it failed" if outcome.word == "skipped" else "",
        "\n".join(filter(None, (finding.diff for finding in findings))),
        project.relative(revision.file),
        _line(Path(revision.file), "upgrade"),
    )
