"""Markdown for a comment on GitHub or GitLab.

Everything foreign stands in fences longer than any run of backticks in it, in code spans, or as escaped prose, in which
no mention, reference, link, heading or tag can begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from alembic_ext.findings import Exit, Failure, Finding, Report, Section
from alembic_ext.formats import one_line, shown, unobeyed

NAME, SUFFIX = "markdown", ".md"
LIMIT = 65_000
"""GitHub takes 65 536 characters for a comment; the rest is for a mark by which it is found again."""

_BREAK = "&#8203;"  # ends a mention (@name) or a reference (#1, GH-1, !1) where it begins, and is not seen
_PUNCTUATION = re.compile(
    r"[\\`*\[\]#!|~$]"  # what means something anywhere
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # emphasis, but for inside of a word
    r"|:(?=//|[\w+-]+:)"  # a link, an emoji
    r"|^[-+=:/]"  # where a line begins: an item, a rule, a command of a runner or of GitLab's
)
_ITEM = re.compile(r"^(\d+)([.)])")
_RUN = re.compile(r"`+")
_MARKS = {"error": "\u274c", "warning": "\u26a0\ufe0f", "note": "\u2139\ufe0f"}
_ENDS = {
    Exit.CLEAN: "nothing found",
    Exit.FINDINGS: "",
    Exit.USAGE: "could not run",
    Exit.UNREACHABLE: "the database does not answer",
    Exit.LOCKED: "a lock was not obtained; try again",
    Exit.PARTLY: "partly applied: a human must look",
}


def render(report: Report, *, color: bool = False) -> str:
    """The whole report; `cut` makes it fit into a comment."""
    return "\n\n".join(blocks(report)) + "\n"


def cut(report: Report, limit: int = LIMIT, rest: str = "") -> str:
    """As many whole blocks of the report as fit into ``limit`` characters, then a line on where the rest is.

    GitHub counts characters, as JavaScript does: one beyond U+FFFF is two.
    """
    found = list(blocks(report))
    if _length("\n\n".join(found)) < limit:
        return "\n\n".join(found) + "\n"
    end = f"**The page is cut here: it is longer than a comment may be.** {rest}".strip()
    room = limit - _length(end) - 3
    kept: list[str] = []
    for block in found:
        if (room := room - _length(block) - 2) < 0:
            break
        kept.append(block)
    while kept and kept[-1].startswith("#"):  # a heading without what it is for
        kept.pop()
    return "\n\n".join([*kept, end]) + "\n"


def blocks(report: Report) -> Iterator[str]:
    """The report in blocks that may be left out from some point on: none begins what another ends."""
    counted = "" if report.failures else _count(report)
    said = prose(report.summary) or counted or _ENDS[report.code]
    yield f"## alembic-ext {prose(report.command)}: {said}"
    if report.seen:
        yield prose(report.seen)
    for failure in report.failures:
        yield _failure(failure)
    for finding in report.findings:
        yield _finding(finding)
    bad = [case for case in report.cases if case.outcome in ("failed", "error")]
    if report.cases:
        yield f"{_passed(report)}."
    for case in bad:
        yield _folded(f"{_MARKS['error']} {case.name}: {case.message}", fence(case.detail, ""))
    for section in report.sections:
        yield from _section(section)


def prose(text: str) -> str:
    r"""A text in one line in which nothing is markup.

    >>> print(prose("see @team, #1 and [x](javascript:0)"))
    see @&#8203;team, \#&#8203;1 and \[x\](javascript:0)
    >>> print(prose("table public.order_line differs: grant to me (see 1.)"))
    table public.order_line differs: grant to me (see 1.)
    """
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = (
        _ITEM.sub(r"\1\\\2", _PUNCTUATION.sub(r"\\\g<0>", plain))
        .replace("@", f"@{_BREAK}")
        .replace("\\#", f"\\#{_BREAK}")
    )
    plain = plain.replace("\\!", f"\\!{_BREAK}")
    return re.sub(r"\b(GH|www)(?=[-.])", rf"\1{_BREAK}", plain, flags=re.IGNORECASE)


def paragraphs(text: str) -> str:
    """Some paragraphs in which nothing is markup, but what stands between two backticks on each side is code."""
    return "\n\n".join(
        "".join(code(part) if number % 2 else _edged(part, prose(part)) for number, part in enumerate(some.split("``")))
        for some in shown(text).strip().split("\n\n")
    )


def _edged(text: str, made: str) -> str:
    """What was made of a text, with a blank at the ends where the text had one."""
    return f"{' ' * text[:1].isspace()}{made}{' ' * text[-1:].isspace() if made else ''}"


def html(text: str) -> str:
    """The same in a line of HTML, where Markdown is not read."""
    plain = unobeyed(one_line(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([@#!]|\b(?:GH|www)(?=[-.]))", rf"\1{_BREAK}", plain, flags=re.IGNORECASE)


def code(text: str) -> str:
    """A code span: no markup and no mention begins in it. A newline in it would end a paragraph."""
    plain = unobeyed(one_line(text)) or " "
    ticks = "`" * (max((len(run) for run in _RUN.findall(plain)), default=0) + 1)
    blank = " " if plain[0] in "` " or plain[-1] in "` " else ""
    return f"{ticks}{blank}{plain}{blank}{ticks}"


def fence(text: str, language: str) -> str:
    """A block of code that nothing in it can end."""
    plain = unobeyed(shown(text).strip("\n"))
    ticks = "`" * max(3, max((len(run) for run in _RUN.findall(plain)), default=0) + 1)
    return f"{ticks}{language if language.isalpha() else ''}\n{plain}\n{ticks}" if plain else ""


def _finding(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    project = f"{code(finding.project)} " if finding.project else ""
    head = f"{_MARKS[finding.severity]} {project}**{prose(finding.id)} {prose(finding.slug)}** {prose(finding.message)}"
    head += f" _{prose(finding.verdict)}_" if finding.verdict not in ("", "observed") else ""
    parts = [
        f"{head} ({code(place)})" if place else head,
        fence(finding.diff, "diff"),
        _folded("SQL", fence(finding.sql, "sql")) if finding.sql else "",
        f"_help:_ {prose(finding.help)}" if finding.help else "",
        _rewrite(finding.code),
    ]
    return "\n\n".join(filter(None, parts))


def _rewrite(code: str) -> str:
    """Python that does the same safely; several lines of it are closed until a reader opens them."""
    block = fence(code, "python")
    return _folded("Safe rewrite", block) if code.count("\n") > 2 else block


def _failure(failure: Failure) -> str:
    project = f"{code(failure.project)} " if failure.project else ""
    where = f" ({code(failure.where)})" if failure.where else ""
    parts = [
        f"{_MARKS['error']} {project}{prose(failure.problem)}{where}",
        fence(failure.server, ""),
        f"_help:_ {prose(failure.help)}" if failure.help else "",
    ]
    return "\n\n".join(filter(None, parts))


def _section(section: Section) -> Iterator[str]:
    body = [prose(section.text) if section.text else "", fence(section.code, section.language)]
    if section.folded:
        yield _folded(section.title, "\n\n".join(filter(None, body)))
        return
    yield f"{'#' * max(3, min(section.level + 2, 6))} {prose(section.title)}"
    yield from filter(None, body)


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{html(summary)}</summary>\n\n{body}\n\n</details>" if body else html(summary)


def _count(report: Report) -> str:
    counts = {severity: [one for one in report.findings if one.severity == severity] for severity in _MARKS}
    said = [f"{len(found)} {severity}{'s' * (len(found) > 1)}" for severity, found in counts.items() if found]
    bad = [case for case in report.cases if case.outcome in ("failed", "error")]
    return ", ".join([*said, *([f"{len(bad)} of {len(report.cases)} tests failed"] if bad else [])])


def _passed(report: Report) -> str:
    outcomes = [case.outcome for case in report.cases]
    skipped = f", {outcomes.count('skipped')} skipped" if "skipped" in outcomes else ""
    return f"{outcomes.count('passed')} of {len(outcomes)} tests passed{skipped}"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
