"""Text for people, in a terminal or a log.

A log may be read by machines that obey it: what is foreign stands behind words of ours on its line, or behind ``|``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alembic_ext.findings import Case, Exit, Failure, Finding, Report, Section
from alembic_ext.formats import one_line, shown, unobeyed

NAME, SUFFIX = "text", ".txt"

Paint = Callable[[str, str], str]

_BOLD, _RED, _GREEN, _YELLOW, _BLUE, _DIM = "1", "31", "32", "33", "36", "2"
_COLORS = {"error": _RED, "warning": _YELLOW, "note": _BLUE}
_MARKS = {"passed": "ok", "failed": "FAILED", "error": "ERROR", "skipped": "skipped"}
_ENDS = {
    Exit.USAGE: "could not run",
    Exit.UNREACHABLE: "the database does not answer",
    Exit.LOCKED: "a lock was not obtained; try again",
    Exit.PARTLY: "partly applied: a human must look",
}


def render(report: Report, *, color: bool = False) -> str:
    """What was found, each with its place, diff and help, then one line that sums up."""
    paint = _paint if color else _plain
    lines: list[str] = []
    for section in report.sections:
        lines += [*_section(section, paint), ""]
    for case in report.cases:
        lines += _case(case, paint)
    for finding in report.findings:
        lines += [*_finding(finding, paint, several=len(report.projects) > 1), ""]
    for failure in report.failures:
        lines += [*_failure(failure, paint), ""]
    lines.append(_sum(report, paint))
    return unobeyed("\n".join(line.rstrip() for line in lines)) + "\n"


def _plain(text: str, _: str) -> str:
    return text


def _paint(text: str, color: str) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if text else text


def _finding(finding: Finding, paint: Paint, *, several: bool) -> Iterator[str]:
    head = paint(finding.severity, _COLORS[finding.severity]) + paint(
        f" {one_line(finding.id)} {one_line(finding.slug)}", _BOLD
    )
    project = f" [{one_line(finding.project)}]" if several else ""
    verdict = paint(f" ({finding.verdict})", _DIM) if finding.verdict not in ("", "observed") else ""
    yield f"{head}{project}: {one_line(finding.message)}{verdict}"
    if finding.file:
        yield "  at " + one_line(finding.file) + (f":{finding.line}" if finding.line else "")
    yield from _block(finding.diff, paint)
    if finding.sql:
        yield "  SQL:"
        yield from _block(finding.sql, _plain)
    if finding.help:
        yield f"  help: {one_line(finding.help)}"
    yield from _block(finding.code, lambda line, _: paint(line, _DIM), always=True)


def _failure(failure: Failure, paint: Paint) -> Iterator[str]:
    project = f" [{one_line(failure.project)}]" if failure.project else ""
    where = f" ({one_line(failure.where)})" if failure.where else ""
    first, *rest = shown(failure.problem).strip().split("\n")
    yield f"{paint('error', _RED)}{project}: {first}{where}"
    yield from (f"  | {line}" for line in rest)
    if failure.server:
        yield f"  server: {one_line(failure.server)}"
    if failure.help:
        yield f"  help: {one_line(failure.help)}"
    yield from _block(failure.detail, _plain)


def _case(case: Case, paint: Paint) -> Iterator[str]:
    bad = case.outcome in ("failed", "error")
    mark = paint(_MARKS[case.outcome], _RED if bad else _GREEN if case.outcome == "passed" else _YELLOW)
    took = f" ({case.seconds:.2f} s)" if case.seconds >= 0.005 else ""
    yield f"{mark} {one_line(case.name)}{took}" + (f": {one_line(case.message)}" if case.message else "")
    if bad:
        yield from _block(case.detail, paint)


def _section(section: Section, paint: Paint) -> Iterator[str]:
    yield paint(f"{'  ' * min(section.level - 1, 3)}= {one_line(section.title)}", _BOLD)
    if section.text:
        yield from _block(section.text, _plain)
    if section.code:
        yield from _block(section.code, paint if section.language == "diff" else _plain)


def _block(text: str, paint: Paint, *, always: bool = False) -> Iterator[str]:
    for line in shown(text).rstrip("\n").split("\n") if text.strip() else ():
        head = line[:3] in ("+++", "---", "@@ ") or line[:2] == "@@"
        color = _DIM if head else {"+": _GREEN, "-": _RED}.get(line[:1], "")
        yield "  | " + (paint(line, color) if color or always else line)


def _sum(report: Report, paint: Paint) -> str:
    counts = [
        _many(len([one for one in report.findings if one.severity == "error"]), "error"),
        _many(len([one for one in report.findings if one.severity == "warning"]), "warning"),
        _many(len([one for one in report.findings if one.severity == "note"]), "note"),
    ]
    outcomes = [case.outcome for case in report.cases]
    skipped = f" ({outcomes.count('skipped')} skipped)" if "skipped" in outcomes else ""
    tests = f"{outcomes.count('passed')} of {len(outcomes)} passed{skipped}" if outcomes else ""
    said = ", ".join(filter(None, [tests, *counts])) or "nothing found"
    end = one_line(report.summary) or _ENDS.get(report.code)
    color = _RED if report.code else _GREEN
    projects = f" in {len(report.projects)} projects" if len(report.projects) > 1 else ""
    line = paint(f"{one_line(report.command)}: {end or said}{projects}", color)
    return f"{line}; {one_line(report.seen)}" if report.seen else line


def _many(count: int, what: str) -> str:
    return "" if not count else f"{count} {what}" if count == 1 else f"{count} {what}s"
