"""What was judged as findings of a report: with places, severities and sizes, and without what is to be ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from alembic_ext import findings
from alembic_ext.errors import for_unset
from alembic_ext.findings import Finding, Verdict
from alembic_ext.lint import ignores
from alembic_ext.lint.course import Course
from alembic_ext.lint.ignores import Ignore
from alembic_ext.lint.judge import Judged
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Hit, Rule, groups, meant, rules, unknown_rule
from alembic_ext.lint.statistics import Statistics, words
from alembic_ext.lint.trace import Place, Traced

HELP = "https://github.com/alembic-ext/alembic-ext/blob/main/docs/lint-rules.md"
FAILS = findings.Rule(
    "LP101",
    "upgrade-fails",
    "error",
    "project",
    (),
    """An upgrade fails, or is not over in time.

It would fail in production too, where others may wait for its locks meanwhile; what comes after it is not judged.

Instead correct it. A revision that needs what the sandbox does not have is helped by ``roles``, ``extensions`` and
``baseline`` of ``[tool.alembic-ext]``, one that takes long by ``limit`` of ``[tool.alembic-ext.lint]``.""",
)
UNUSED = findings.Rule(
    "LP190",
    "unused-ignore",
    "note",
    "project",
    (),
    """A comment ignores nothing.

No rule finds there what ``# alembic-ext: ignore[…]`` names, or it names no rule. It would hide what comes later.

Instead take it out, or name the rule that is meant.""",
)
NO_REASON = findings.Rule(
    "LP191",
    "ignore-without-reason",
    "note",
    "project",
    (),
    """Something is ignored, and nobody says why.

Who reads the revision later cannot tell whether it was looked at or only silenced.

Instead write the reason behind the brackets: ``# alembic-ext: ignore[LB101] 12 rows``.""",
)
UNKNOWN = findings.Rule(
    "LP192",
    "not-analysed",
    "warning",
    "project",
    (),
    """What a statement does is not known.

It cannot be read, and the server could not be asked afterwards, or does not count scans (``track_counts``). That is no
word on whether it is harmless.

Instead look at it yourself, and ignore it with a reason; or let the server of the sandbox count.""",
)
OWN = (FAILS, UNUSED, NO_REASON, UNKNOWN)
"""What the linter itself finds, beside its rules."""
_MOST = 4000


def described(rule: Rule) -> findings.Rule:
    """A rule as reports know it."""
    url = f"{HELP}#{rule.id.lower()}-{rule.slug}"
    return findings.Rule(rule.id, rule.slug, rule.severity, rule.group, rule.aliases, rule.manual, url)


def all_described() -> list[findings.Rule]:
    """All that can be found, by id."""
    own = (replace(one, url=f"{HELP}#{one.id.lower()}-{one.slug}") for one in OWN)
    return sorted([*map(described, rules().values()), *own], key=lambda rule: rule.id)


def verdict(course: Course, moment: Moment) -> Verdict:
    """How well it is known what a statement does."""
    did = moment.did
    if did.own_connection or did.error:
        return "not analysed"
    if did.observed:
        return "observed" if course.trace.counting else "static"
    return "static" if moment.node else "not analysed"


def seen(found: Iterable[Judged]) -> str:
    """How many statements there were, and how well it is known what they do: one line.

    Where the server cannot tell of rewrites by itself that is said.
    """
    some = list(found)
    counts = Counter(verdict(course, moment) for one in some for course in one.courses for moment in course.moments)
    total = sum(counts.values())
    verdicts: tuple[Verdict, ...] = ("observed", "static", "not analysed")
    said = [f"{counts[one]} {one}" for one in verdicts if counts[one]]
    line = f"{total} statement{'s' * (total != 1)}" + (f": {', '.join(said)}" if said else "")
    if not_run := sum(one.error is not None for one in some):
        line += f"; {not_run} revision{'s' * (not_run > 1)} not analysed"
    if any(not course.trace.telling for one in some for course in one.courses):
        line += "; no superuser in the sandbox: rewrites are seen by their files alone"
    return line


@dataclass
class Telling:
    """What is needed to make findings.

    Args:
        relative: a path as reports call it.
        switched_on: the rules that judged.
        statistics: what is known of production's tables.
    """

    relative: Callable[[str], str]
    switched_on: Sequence[Rule]
    statistics: Statistics

    def __post_init__(self) -> None:
        self.ignored = 0
        """How many findings were ignored."""
        self._files: dict[str, list[Ignore]] = {}

    def of(self, judged: Judged) -> Iterator[Finding]:
        """What was found in one revision."""
        used: set[tuple[Ignore, str]] = set()
        comments: dict[tuple[Place | None, str], Ignore] = {}

        def kept(finding: Finding, places: Sequence[Place], marks: Sequence[str] = ()) -> bool:
            some = [one for place in places for one in self._of_file(place.file) if one.first <= place.line <= one.last]
            for mark in marks:
                at = (places[-1] if places else None, mark)
                some.append(comments.setdefault(at, ignores.of_comment(mark)))
            ignored = False
            for one in some:
                for name in one.names:
                    if finding.id in meant_by(name):
                        used.add((one, name))
                        ignored = True
            self.ignored += ignored
            return not ignored

        for finding, places, marks in self._all(judged):
            if kept(finding, places, marks):
                yield finding
        for course in judged.courses:  # comments on statements in which nothing was found
            for moment in course.moments:
                for mark in moment.did.comments:
                    at = (moment.did.places[-1] if moment.did.places else None, mark)
                    comments.setdefault(at, ignores.of_comment(mark))
        if judged.error is None and not any(list(_failures(course)) for course in judged.courses):
            yield from self._unused(judged, comments, used)

    def _unused(
        self, judged: Judged, comments: dict[tuple[Place | None, str], Ignore], used: set[tuple[Ignore, str]]
    ) -> Iterator[Finding]:
        here = [(one, one.line) for one in self._of_file(judged.revision.file)]
        here += [
            (one, place.line if place and place.file == judged.revision.file else 0)
            for (place, _), one in comments.items()
        ]
        for one, line in here:
            about = self._about(judged) | {"line": line}
            bad = [name for name in one.names if (one, name) not in used and not self._is_off(name)]
            if not one.names:
                yield UNUSED.found("the comment names no rule", help="name it: ignore[LB101] and the reason", **about)
            for name in bad:
                why = f"{name} is not found here" if meant_by(name) else f"there is no rule {name!r}"
                help = "take it out" if meant_by(name) else unknown_rule(name)
                yield UNUSED.found(f"the comment ignores nothing: {why}", help=help, **about)
            if not one.reason and any((one, name) in used for name in one.names):
                said = f"{', '.join(one.names)} is ignored without a reason"
                yield NO_REASON.found(said, help="write the reason behind the brackets", **about)

    def _is_off(self, name: str) -> bool:
        """Whether nobody looked for what a name means."""
        return bool(meant_by(name)) and not meant_by(name) & self._looked_for

    @cached_property
    def _looked_for(self) -> frozenset[str]:
        return frozenset([*(rule.id for rule in self.switched_on), *(rule.id for rule in OWN)])

    def _of_file(self, file: str) -> list[Ignore]:
        if not file.endswith(".py"):
            return []
        if file not in self._files:
            try:
                self._files[file] = ignores.in_python(Path(file).read_text("utf-8"), file)
            except (OSError, ValueError):
                self._files[file] = []
        return self._files[file]

    def _all(self, judged: Judged) -> Iterator[tuple[Finding, Sequence[Place], Sequence[str]]]:
        revision = judged.revision.id
        if judged.error is not None:
            about = self._about(judged) | {"help": judged.error.help or "correct it"}
            said = judged.error.problem.removeprefix(f"revision {revision}: ")
            if judged.error.server:
                said += f": {judged.error.server}"
            yield FAILS.found(f"{_whose(revision)}{said}", verdict="not analysed", **about), judged.places, ()
        for course in judged.courses:
            trace = course.trace
            for moment in course.moments:
                did = moment.did  # a rule says what is sent over a connection of the revision's own
                if verdict(course, moment) == "not analysed" and not did.error and not did.own_connection:
                    why = "the statement cannot be read, and the server could not be asked"
                    about = self._at(judged, moment.did.places) | {"sql": _cut(moment.did.sql)}
                    help = "look at it, and ignore this with a reason"
                    finding = UNKNOWN.found(
                        f"{why}: what it does is not known", verdict="not analysed", help=help, **about
                    )
                    yield finding, moment.did.places, moment.did.comments
            if not trace.counting and course.moments:
                about = self._about(judged) | {"help": "switch track_counts on, on the server of the sandbox"}
                said = "the server counts no scans (track_counts is off): what reads all rows is not known"
                yield UNKNOWN.found(said, verdict="not analysed", **about), (), ()
            spoken = {id(hit.moment) for rule, hit in judged.hits if (hit.severity or rule.severity) == "error"}
            for error, places, sent in _failures(course, spoken):
                about = self._at(judged, places, sent.revision if sent else "")
                about |= {"sql": _cut(sent.sql)} if sent else {}
                about["help"] = for_unset(error, "correct it; what comes after it may not be judged")
                finding = FAILS.found(f"{_whose(about['revision'])}the upgrade fails: {error}", **about)
                yield finding, places, ()
        for slug, why in judged.broken.items():
            said = f"{_whose(revision)}the rule {slug} could not judge it: {why}"
            about = self._about(judged) | {"help": "report it as a bug of alembic-ext"}
            yield UNKNOWN.found(said, verdict="not analysed", **about), (), ()
        for rule, hit in judged.hits:
            yield self._made(judged, rule, hit), hit.places or hit.moment.did.places, hit.moment.did.comments

    def _made(self, judged: Judged, rule: Rule, hit: Hit) -> Finding:
        severity, message = hit.severity or rule.severity, hit.message
        relation = hit.moment.old.get(hit.table)
        if rule.sized and relation is not None and (size := self.statistics.of(relation)) is not None:
            severity, message = size.severity, f"{message}; {words(relation, size)}"
        return Finding(
            rule.id, rule.slug, message, severity, hit.object, hit.help, sql=_cut(hit.moment.did.sql), code=hit.code,
            verdict=hit.verdict, **self._at(judged, hit.places or hit.moment.did.places, hit.moment.did.revision),
        )  # fmt: skip

    def _at(self, judged: Judged, places: Sequence[Place], revision: str = "") -> dict[str, Any]:
        about = self._about(judged) | ({"revision": revision} if revision else {})
        return about | {"file": self.relative(places[0].file), "line": places[0].line} if places else about

    def _about(self, judged: Judged) -> dict[str, Any]:
        return {"revision": judged.revision.id, "file": self.relative(judged.revision.file)}


def meant_by(name: str) -> frozenset[str]:
    """The ids of what a name means, those of the linter's own findings among them."""
    own = {one.id for one in OWN if name.lower() in (one.id.lower(), one.slug)}
    return meant(name) | own | ({one.id for one in OWN} if name.lower() in groups() & {"project"} else set())


def _failures(course: Course, said: Collection[int] = ()) -> Iterator[tuple[str, Sequence[Place], Traced | None]]:
    """What made an upgrade fail, and where; statements that a rule has ``said`` it of are left out."""
    failed = [moment for moment in course.moments if moment.did.error] if course.trace.lenient else []
    for moment in failed:
        if id(moment) not in said:
            yield moment.did.error, moment.did.places, moment.did
    if course.trace.error and not failed:
        last = next((moment for moment in reversed(course.moments) if moment.did.error), None)
        if last is not None and last.did.places != course.trace.error_places:
            last = None
        if last is None or id(last) not in said:
            yield course.trace.error, course.trace.error_places, last.did if last else None


def _whose(revision: str) -> str:
    return f"revision {revision}: " if revision else ""


def _cut(sql: str) -> str:
    sql = sql.strip()
    return sql if len(sql) <= _MOST else f"{sql[:_MOST]}\n…"
