"""`alembic-ext report`: one page for a reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from alembic_ext.commands import lint, test
from alembic_ext.commands._common import Asked, commented, common
from alembic_ext.commands._failures import failure
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.commands.check import Options, base_of, meant_heads, of_history, which
from alembic_ext.errors import NO_MODELS, AlembicExtError
from alembic_ext.findings import SEVERITIES, Case, Failure, Finding, Report, Section
from alembic_ext.kinds import name_of
from alembic_ext.operations.kept import brief
from alembic_ext.project import Project

if TYPE_CHECKING:
    from alembic_ext.check.offline import Rendered
    from alembic_ext.check.played import States
    from alembic_ext.history import Ground
    from alembic_ext.project.revision import Revision


FAILS = "CK109"
"""A revision that cannot be run is said once."""


@click.command("report", short_help="Write a page for the reviewer of a branch.")
@common
@sandboxed
@commented
@click.option("--no-sandbox", is_flag=True, help="Leave out what requires running the revisions.")
def report(asked: Asked, where: Where, no_sandbox: bool) -> None:
    """Write one page for a reviewer: new revisions, their SQL, the objects they change, what check, test and lint find.

    Markdown, unless another format is asked for. With --base the page is about the revisions that the base does not
    have, else about all of them; then lint judges only the newest, for the others are in use already.
    """
    asked = replace(asked, default="markdown")
    asked.run("report", lambda project: work(project, asked.base, None if no_sandbox else where))


COMMAND = report


def work(project: Project, base: str | None, where: Where | None) -> Report:
    """The page of one project."""
    from alembic_ext.check import revisions

    options = project.options(Options)
    known = revisions.of_project(project)
    against = base_of(project, base)
    new = _in_order(which("new", known, against), known)
    meant_heads(project, known, against, options.heads)
    found = of_history(known, against, options)
    changes: list[Section] = []
    cases: tuple[Case, ...] = ()
    failures: tuple[Failure, ...] = ()
    linted = Report("lint")
    if where is not None:
        changes, more, failures = _played(project, where.of(project), new, known)
        found += more
        if new and not any(one.id == FAILS for one in more):
            tested = test.work(project, where, base)
            found += tested.findings
            cases = tested.cases
            linted = lint.work(project, where, base)
            changes += _of_lint(linted, "" if base else f"the newest revision ({new[-1]}) does")
    ups, downs, more = _rendered(project, new)
    found += [one for one in more if options.sql != "never"]
    found += linted.findings
    sections = [*_of_revisions(new, known, ups, downs), *changes]
    facts = {"base": base, "new": new, "heads": sorted(project.script.get_heads())}
    return Report(
        "report", findings=tuple(found), cases=cases, sections=tuple(sections), failures=failures, facts=facts,
        rules=linted.rules,
    )  # fmt: skip


def _in_order(names: Sequence[str], known: Mapping[str, Revision]) -> list[str]:
    """The names, each after what it stands on or depends on."""
    from graphlib import TopologicalSorter

    labels = {label: one.name for one in known.values() for label in one.labels}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(names):
        needs = (*known[name].down, *(labels.get(one, one) for one in known[name].depends))
        sorter.add(name, *(one for one in needs if one in names))
    return list(sorter.static_order())


def _rendered(
    project: Project, names: Sequence[str]
) -> tuple[Mapping[str, Rendered], Mapping[str, Rendered], list[Finding]]:
    """The SQL of these revisions, up and down, and the findings where there is none."""
    from alembic_ext.check import offline

    if not names:
        return {}, {}, []
    try:
        ups = {one.revision: one for one in offline.render(project, names)}
        downs = {one.revision: one for one in offline.render(project, names, "downgrade")}
    except Exception:  # said by the finding
        return {}, {}, offline.findings(project, names)
    return ups, downs, offline.found_in(ups.values())


def _of_revisions(
    new: Sequence[str], known: Mapping[str, Revision], ups: Mapping[str, Rendered], downs: Mapping[str, Rendered]
) -> Iterator[Section]:
    if not new:
        yield Section("No new revisions")
        return
    yield Section("New revisions" if len(new) > 1 else "New revision")
    for name in new:
        revision = known[name]
        on = ", ".join(revision.down) or "nothing"
        also = f"; depends on {', '.join(revision.depends)}" if revision.depends else ""
        said = f"{revision.message} " if revision.message else ""
        yield Section(f"{name}: {said}".rstrip(": "), f"{revision.file}, on {on}{also}", level=2)
        yield from _sql("SQL of the upgrade", ups.get(name))
        refuses = "there is none: it raises NotImplementedError" if revision.refuses else ""
        yield from _sql("SQL of the downgrade", downs.get(name), refuses)


def _sql(title: str, rendered: Rendered | None, instead: str = "") -> Iterator[Section]:
    if instead or rendered is None or rendered.error:
        said = instead or (f"cannot be rendered without a database: {rendered.error}" if rendered else "not rendered")
        yield Section(title, said, folded=True, level=3)
    else:
        yield Section(title, "" if rendered.sql else "nothing", brief(rendered.sql), "sql", folded=True, level=3)


def _played(
    project: Project, ground: Ground, new: Sequence[str], known: Mapping[str, Revision]
) -> tuple[list[Section], list[Finding], tuple[Failure, ...]]:
    """What the new revisions change, and what differs from the models, both seen in a sandbox, or why it cannot be."""
    from alembic_ext.check import models, played
    from alembic_ext.check.revisions import below

    old = [name for name in known if name not in new]
    sections: list[Section] = []
    found: list[Finding] = []
    if new and not below(old, known) & set(new):
        states, found = played.states(project, ground, new)
        sections = list(_changes(states))
    elif new:
        sections = [Section("Changed objects", "not shown: a new revision stands below one of the base")]
    if found:
        return sections, found, ()
    try:
        differences, found = played.compare(project, ground)
    except AlembicExtError as error:
        said = Section("Models", f"not compared: {error.problem}")
        if NO_MODELS in error.problem:
            return [*sections, said], [models.no_models(project)], ()
        return [*sections, said], [], (failure(error),)
    return sections, found + models.findings(project, differences, "the history"), ()


def _of_lint(linted: Report, who: str) -> list[Section]:
    """How much of the new revisions was judged, and the worst that was found."""
    counts = {word: len([one for one in linted.findings if one.severity == word]) for word in SEVERITIES}
    said = ", ".join(f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items() if count) or "nothing found"
    return [Section(f"What {who or 'they do'} to a database in use: {said}", linted.seen)]


def _changes(states: States) -> Iterator[Section]:
    from alembic_ext.check.changes import between, diagram

    for label, before, after in states:
        of = f" of {label}" if label else ""
        changed = between(before, after)
        counts = {word: len([one for one in changed if one.word == word]) for word in ("added", "changed", "removed")}
        said = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "none"
        yield Section(f"Changed objects{of}: {said}", code=diagram(changed, before, after), language="mermaid")
        for one in changed:
            yield Section(f"{name_of(one.key)}: {one.word}", code=one.diff, language="diff", folded=True, level=2)
