"""What commands say: frozen values without I/O, which the formats render.

Severity   "error", "warning", "note"
Rule       what a command can find: its id, slug and default severity
Finding    one thing that was found
Case       one test that ran, for formats that count them
Section    a part of a page for a reviewer
Failure    why a command, or its part for one project, could not do its work
Report     all of that, for one command
Exit       the exit codes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from difflib import unified_diff
from enum import IntEnum
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""
Outcome = Literal["passed", "failed", "skipped", "error"]
Verdict = Literal["", "observed", "static", "not analysed"]
"""How it is known: the server showed it, only the text says it, it is not known what happens; or nothing is said of it.
"""


class Exit(IntEnum):
    """The exit codes of all commands, the same for each."""

    CLEAN = 0
    """Nothing was found."""
    FINDINGS = 1
    """Something was found."""
    USAGE = 2
    """The command line, the project or its surroundings are not as they must be."""
    UNREACHABLE = 3
    """The database does not answer."""
    LOCKED = 4
    """A lock was not obtained; nothing was changed, and another try may succeed."""
    PARTLY = 5
    """Something was changed, but not all: a human must look."""


_WORST = (Exit.PARTLY, Exit.USAGE, Exit.UNREACHABLE, Exit.LOCKED, Exit.FINDINGS, Exit.CLEAN)


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Args:
        id: short and stable, as in ``CK101``.
        slug: the same in words, as in ``models-differ``; configuration names it so.
        message: one sentence, without markup.
        severity: ``"error"``, ``"warning"`` or ``"note"``.
        object: the object that is meant, in PostgreSQL's words: ``view public.active_user``.
        help: the next step.
        file: where, relative to the top of the repository, with slashes; or empty.
        line: a line of the file, from 1; 0 is unknown.
        diff: what differs, as a unified diff.
        sql: SQL that belongs to it; never run.
        code: Python that does the same without harm; never run.
        revision: the revision that is meant.
        project: the name of the project, where there are several.
        verdict: how it is known, of what a server did.
    """

    id: str
    slug: str
    message: str
    severity: Severity = "error"
    object: str = ""
    help: str = ""
    file: str = ""
    line: int = 0
    diff: str = ""
    sql: str = ""
    code: str = ""
    revision: str = ""
    project: str = ""
    verdict: Verdict = ""


NO_REVISION = "there is no revision yet"
"""How a report sums up what it says of a project without revisions."""


def unified(old: Sequence[str], new: Sequence[str], left: str, right: str) -> str:
    """A unified diff of lines, with names for both sides, as `Finding.diff` holds one; empty where they are equal."""
    return "\n".join(unified_diff(old, new, left, right, lineterm="", n=3))


@dataclass(frozen=True)
class Rule:
    """What a command can find.

    >>> Rule("CK102", "unexpected-heads").found("there are 2 heads").severity
    'error'

    Args:
        id: short and stable.
        slug: the same in words.
        severity: of what is found, unless it says otherwise.
        group: what it belongs to: ``blocking``.
        aliases: what else it may be called in configuration.
        manual: its page: the first line is its title.
        url: where more is said.
    """

    id: str
    slug: str
    severity: Severity = "error"
    group: str = ""
    aliases: tuple[str, ...] = ()
    manual: str = ""
    url: str = ""

    @property
    def title(self) -> str:
        """The first line of its page, or its slug in words."""
        return self.manual.partition("\n")[0].rstrip(".") or self.slug.replace("-", " ")

    def found(self, message: str, **about: Any) -> Finding:
        """A finding of this rule; ``about`` are further fields of `Finding`."""
        return Finding(self.id, self.slug, message, **{"severity": self.severity, **about})


@dataclass(frozen=True)
class Case:
    """One test that ran: its name, the group it belongs to, how long it took in seconds, and how it ended."""

    name: str
    group: str = ""
    outcome: Outcome = "passed"
    seconds: float = 0.0
    message: str = ""
    detail: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Section:
    """A part of a page: a title, a paragraph, and a block of code in some language (``diff``, ``sql``, ``mermaid``).

    ``folded`` sections are closed until a reader opens them; ``level`` 1 are the chapters.
    """

    title: str
    text: str = ""
    code: str = ""
    language: str = ""
    folded: bool = False
    level: int = 1


@dataclass(frozen=True)
class Failure:
    """Why no answer can be given: what is wrong, where, the server's own words, and the next step."""

    problem: str
    where: str = ""
    server: str = ""
    help: str = ""
    code: int = Exit.USAGE
    project: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """What a command says in the end.

    ``facts`` are what else is worth knowing, as JSON knows values. ``fail_on`` is the mildest severity that makes the
    exit code 1. ``summary`` is how it ended, in a word or two, where a command has better ones than what was found.
    ``seen`` is what was looked at, and how much of it could be judged, in one line. ``rules`` say more of those that
    were found.
    """

    command: str
    projects: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    cases: tuple[Case, ...] = ()
    sections: tuple[Section, ...] = ()
    failures: tuple[Failure, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    fail_on: Severity = "error"
    summary: str = ""
    seen: str = ""
    rules: tuple[Rule, ...] = ()

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that are severe enough to make the exit code 1."""
        serious = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return tuple(finding for finding in self.findings if finding.severity in serious)

    @property
    def code(self) -> Exit:
        """The exit code: of several the one that matters most to who must act."""
        codes = {Exit(failure.code) for failure in self.failures}
        if self.failing:
            codes.add(Exit.FINDINGS)
        if any(case.outcome in ("failed", "error") for case in self.cases):
            codes.add(Exit.FINDINGS)
        return next((code for code in _WORST if code in codes), Exit.CLEAN)

    def with_severities(self, wanted: Mapping[str, str]) -> Report:
        """The report with other severities for some slugs, ids, aliases or groups; ``"off"`` takes the findings out."""
        others = {rule.id: (*rule.aliases, rule.group) for rule in self.rules}
        known = {name.lower(): severity for name, severity in wanted.items()}
        found = []
        for finding in self.findings:
            names = (finding.slug, finding.id, *others.get(finding.id, ()))
            severity: Any = next((known[one.lower()] for one in names if one.lower() in known), finding.severity)
            if severity != "off":
                found.append(replace(finding, severity=severity))
        return replace(self, findings=tuple(found))

    def of_project(self, name: str) -> Report:
        """The report with the name of its project in everything that is found."""
        return replace(
            self,
            projects=(name,),
            findings=tuple(replace(finding, project=name) for finding in self.findings),
            failures=tuple(replace(failure, project=name) for failure in self.failures),
            cases=tuple(replace(case, group=f"{name}: {case.group}".rstrip(": ")) for case in self.cases),
            sections=tuple(
                replace(section, title=f"{name}: {section.title}") if section.level == 1 else section
                for section in self.sections
            ),
        )

    def as_json(self) -> dict[str, Any]:
        """The report as JSON knows values."""
        return {"version": 1, "exit_code": int(self.code), **asdict(self)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Report:
        """The report that `as_json` was asked of.

        Raises:
            ValueError: something in it is missing, or of another type.
        """
        parts = {"findings": Finding, "cases": Case, "sections": Section, "failures": Failure, "rules": Rule}
        values = _known(cls, given)
        for name, made in parts.items():
            values[name] = tuple(made(**_known(made, one)) for one in values.get(name, ()))
        values["rules"] = tuple(replace(one, aliases=tuple(map(str, one.aliases))) for one in values["rules"])
        return cls(**{**values, "projects": tuple(str(one) for one in values.get("projects", ()))})


def _known(made: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a class among what JSON gave, with their types checked as far as rendering needs it."""
    values = {}
    for one in fields(made):
        if one.name in given:
            value = values[one.name] = given[one.name]
            kind = str(one.type)
            wanted: Any = {"str": str, "int": int, "bool": bool, "float": (int, float)}.get(kind, object)
            allowed = {
                "Severity": SEVERITIES, "Outcome": ("passed", "failed", "skipped", "error"),
                "Verdict": ("", "observed", "static", "not analysed"),
            }.get(kind)  # fmt: skip
            if not isinstance(value, wanted) or (allowed and value not in allowed):
                raise ValueError(f"{one.name} = {value!r}")
            if made is Failure and one.name == "code" and value not in list(Exit):
                raise ValueError(f"there is no exit code {value!r}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ValueError(f"{one.name} is missing")
    return values


def merged(command: str, reports: Iterable[Report]) -> Report:
    """One report for several projects: everything in their order, the facts by project, the worst summaries."""
    some = list(reports)
    if len(some) == 1:
        return some[0]
    strictest: Severity = max((report.fail_on for report in some), key=SEVERITIES.index, default="error")
    together = Report(
        command,
        tuple(name for report in some for name in report.projects),
        tuple(finding for report in some for finding in report.findings),
        tuple(case for report in some for case in report.cases),
        tuple(section for report in some for section in report.sections),
        tuple(failure for report in some for failure in report.failures),
        {name: dict(report.facts) for report in some for name in report.projects},
        strictest,
    )
    summaries = [report.summary for report in some if report.code == together.code]
    seen = [f"{', '.join(report.projects)}: {report.seen}" for report in some if report.seen]
    return replace(
        together,
        summary=", ".join(dict.fromkeys(summaries)) if all(summaries) else "",
        seen="; ".join(seen),
        rules=tuple({rule.id: rule for report in some for rule in report.rules}.values()),
    )
