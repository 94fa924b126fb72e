"""GitHub's annotations: one workflow command on a line for each finding.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_ext.findings import Report
from alembic_ext.formats import shown, unobeyed

NAME, SUFFIX = "github", ".annotations"
_WORDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, *, color: bool = False) -> str:
    """The annotations; empty where nothing was found."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        verdict = f" ({finding.verdict})" if finding.verdict not in ("", "observed") else ""
        sql = finding.sql if finding.verdict else ""
        said = finding.message + verdict
        words = [said, sql, finding.diff, f"help: {finding.help}" if finding.help else "", finding.code]
        title = f"{finding.id} {finding.slug}" + (f": {finding.object}" if finding.object else "")
        yield _command(_WORDS[finding.severity], "\n".join(filter(None, words)), title, finding.file, finding.line)
    for case in report.cases:
        if case.outcome in ("failed", "error"):
            yield _command("error", f"{case.message}\n{case.detail}".strip(), case.name, case.file, case.line)
    for failure in report.failures:
        words = [failure.problem, failure.server, f"help: {failure.help}" if failure.help else ""]
        yield _command("error", "\n".join(filter(None, words)), f"alembic-ext {report.command}", "", 0)


def _command(word: str, message: str, title: str, file: str, line: int) -> str:
    properties = {"file": file, "line": str(line or 1) if file else "", "title": title}
    said = ",".join(f"{name}={_property(text)}" for name, text in properties.items() if text)
    return f"::{word} {said}::{_data(message)}"


def _data(text: str) -> str:
    """As the toolkit of GitHub escapes a message."""
    return unobeyed(shown(text)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
