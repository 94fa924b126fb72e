"""JUnit's XML, as Jenkins and GitLab read it: one test case for each case, or for each finding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from alembic_ext.findings import Case, Report
from alembic_ext.formats import shown, unobeyed

NAME, SUFFIX = "junit", ".xml"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"failed": "failure", "error": "error", "skipped": "skipped"}


def render(report: Report, *, color: bool = False) -> str:
    """The cases by their groups; what is found beside them fails, milder findings than the report fails on pass."""
    cases = [*report.cases, *_of_findings(report), *_of_failures(report)]
    if not cases:
        cases = [Case(report.summary or "nothing was found", report.command)]
    top = ElementTree.Element("testsuites", {"name": _text(f"alembic-ext {report.command}"), **_counts(cases)})
    del top.attrib["skipped"]  # Jenkins' schema has it for single suites only
    for group in dict.fromkeys(case.group for case in cases):
        some = [case for case in cases if case.group == group]
        suite = ElementTree.SubElement(top, "testsuite", {"name": _text(group or report.command), **_counts(some)})
        for case in some:
            _add(suite, case, group or report.command)
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(top, encoding="unicode")


def _of_findings(report: Report) -> Iterable[Case]:
    for finding in report.findings:
        place = f"{finding.file}:{finding.line}" if finding.file else ""
        name = " ".join(filter(None, [finding.slug, finding.object or finding.revision]))
        help = f"help: {finding.help}" if finding.help else ""
        verdict = f"verdict: {finding.verdict}" if finding.verdict else ""
        sql = finding.sql if finding.verdict else ""
        detail = "\n".join(filter(None, [place, verdict, sql, help, finding.diff, finding.code]))
        group = ": ".join(filter(None, [finding.project, report.command]))
        alone = Report(report.command, findings=(finding,), fail_on=report.fail_on)
        yield Case(name, group, "failed" if alone.code else "passed", message=finding.message, detail=detail)


def _of_failures(report: Report) -> Iterable[Case]:
    for failure in report.failures:
        detail = "\n".join(
            filter(None, [failure.where, failure.server, f"help: {failure.help}" if failure.help else ""])
        )
        group = ": ".join(filter(None, [failure.project, report.command]))
        yield Case(f"alembic-ext {report.command}", group, "error", message=failure.problem, detail=detail)


def _counts(cases: list[Case]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _add(suite: ElementTree.Element, case: Case, group: str) -> None:
    about = {"name": _text(case.name), "classname": _text(group), "time": f"{case.seconds:.3f}"}
    found = ElementTree.SubElement(suite, "testcase", about)
    if case.outcome in _ELEMENTS:
        inner = ElementTree.SubElement(found, _ELEMENTS[case.outcome], message=_text(case.message))
        inner.text = _text(case.detail) or None
    elif case.message or case.detail:
        ElementTree.SubElement(found, "system-out").text = _text(f"{case.message}\n{case.detail}".strip())


def _text(text: str) -> str:
    """What XML 1.0 can hold; the rest stands as escapes."""
    return _ILLEGAL.sub("?", unobeyed(shown(text)))
