"""The code in the help of findings runs, and its rule finds nothing in it that is as bad."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from alembic_ext.findings import SEVERITIES
from alembic_ext.lint.rule import rules
from tests.lint.history import Case, Cases

GROUPS = ("LB1",)
"""The beginnings of the ids whose code is tried."""
PARTIAL = ("as it is here", "# in the next revision", "# revision 2: when writes can wait")
"""Code that says something of these is not whole, or says that it is bad as well."""


@pytest.mark.parametrize("group", GROUPS)
def test_help_is_sound(group: str, server_url: str, tmp_path: Path) -> None:
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    examples = [
        (rule, example) for rule in rules().values() if rule.id.startswith(group) for example in rule.examples
        if example.is_bad and example.oldest <= major <= (example.newest or major)
    ]  # fmt: skip
    found = Cases.write(tmp_path / "found", [Case(one.upgrade, one.setup) for _, one in examples])
    answer = found.lint(dev_url=server_url)
    codes = [
        (rule, example.setup, finding) for number, (rule, example) in enumerate(examples)
        for finding in answer.of(number)
        if finding["id"] == rule.id and finding["code"] and not any(word in finding["code"] for word in PARTIAL)
    ]  # fmt: skip
    assert codes

    again = Cases.write(
        tmp_path / "again", [Case(f"{finding['code']}\npass", setup) for _, setup, finding in codes]
    )  # fmt: skip
    answer = again.lint(dev_url=server_url)

    wrong = []
    for number, (rule, _, finding) in enumerate(codes):
        worst = SEVERITIES.index(finding["severity"])
        bad = [
            one for one in answer.of(number)
            if one["slug"] == "upgrade-fails" or (one["id"] == rule.id and SEVERITIES.index(one["severity"]) < worst)
            or (one["id"] == rule.id and one["severity"] == finding["severity"] != "note")
        ]  # fmt: skip
        if bad:
            wrong.append("\n".join([f"{rule.slug}:", finding["code"], *(f"  {one['message']}" for one in bad)]))
    assert not wrong, "\n\n".join(wrong) + answer.stderr
