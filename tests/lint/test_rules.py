"""Every rule finds what its bad examples mark, and nothing in its good ones; and its page says what it should."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest

from alembic_ext.history import Revision
from alembic_ext.lint.course import Course
from alembic_ext.lint.judge import Judged
from alembic_ext.lint.rule import Example, Hit, Rule, hits, ids, rules
from alembic_ext.lint.statistics import Statistics
from alembic_ext.lint.told import Telling
from alembic_ext.lint.trace import Trace, Traced
from tests.lint.history import Case, Cases

GROUPS = sorted({rule.group for rule in rules().values()})


def marked(example: Example) -> set[int]:
    """The lines that end in the mark, from 0."""
    return {number for number, line in enumerate(example.upgrade.splitlines()) if line.endswith("# <-")}


@pytest.mark.parametrize("group", GROUPS)
def test_examples(group: str, server_url: str, tmp_path: Path) -> None:
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    examples = [
        (rule, example) for rule in rules().values() if rule.group == group for example in rule.examples
        if example.oldest <= major <= (example.newest or major)
    ]  # fmt: skip
    cases = Cases.write(tmp_path / "project", [Case(example.upgrade, example.setup) for _, example in examples])
    off = {rule.id for rule in rules().values() if not rule.default}
    on = tuple(sorted(off))
    answer = cases.lint(dev_url=server_url, on=on)

    wrong = []
    for number, (rule, example) in enumerate(examples):
        found = answer.of(number)
        lines = {one["line"] - cases.first_line for one in found if one["id"] == rule.id}
        others = [
            one for one in found
            if one["id"] not in {rule.id, *off} and not {one["id"], one["slug"]} & set(example.also)
        ]  # fmt: skip
        if lines != marked(example) or others:
            said = [f"line {one['line'] - cases.first_line}: {one['slug']}: {one['message']}" for one in found]
            wrong.append("\n".join([f"{rule.slug}:", example.upgrade, *(f"  {one}" for one in said)]))
    assert not wrong, "\n\n".join(wrong) + answer.stderr


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.slug)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert any(example.is_bad for example in rule.examples)
    assert any(not example.is_bad for example in rule.examples)
    assert rule.title.endswith(".")
    assert "https://www.postgresql.org/docs/current/" in rule.manual or rule.group == "project"
    assert "Instead" in rule.manual
    assert ids()[rule.slug] == rule.id


def test_names_are_apart() -> None:
    names = [name.lower() for rule in rules().values() for name in (rule.id, rule.slug)]

    assert len(set(names)) == len(names)


def test_a_rule_that_fails_does_not_end_the_others() -> None:
    class Broken(Rule):
        id, slug, group = "LB999", "broken", "blocking"

        def judge_whole(self, course: Course) -> Iterable[Hit]:
            raise KeyError("relname")

    did = Traced("TRUNCATE t", (), 0, autocommit=False, observed=False, lock_timeout=0, statement_timeout=0)
    course = Course.of(Trace("r", {}, (did,)))
    broken: dict[str, str] = {}

    assert hits(course, [Broken(), *rules().values()], broken) == hits(course, rules().values(), {})
    assert broken == {"broken": "KeyError: 'relname'"}
    told = Telling(str, (), Statistics())
    (finding,) = told.of(Judged(Revision("r", (), (), (), "", "r.sql"), broken=broken))
    assert (finding.slug, finding.verdict) == ("not-analysed", "not analysed")
    assert "the rule broken could not judge it" in finding.message
