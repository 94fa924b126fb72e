"""Each single manual change to a copy is found and named, and the SQL that is shown leads back; a copy has none."""

from __future__ import annotations

import pytest

from tests.pipeline.drift.conftest import Copy, run
from tests.pipeline.drift.schema import CHANGES


def test_a_copy_has_none(production: Copy) -> None:
    report = production.drift()

    assert report.findings == ()
    assert report.facts["objects"] > 50
    assert len(CHANGES) >= 60


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_and_named(name: str, production: Copy) -> None:
    change = CHANGES[name]
    production.tamper(change.sql)

    report = production.drift()

    found = {(one.slug, one.object): one for one in report.findings}
    assert (change.slug, change.object) in found, [one.message for one in report.findings]
    one = found[change.slug, change.object]
    assert any(change.line in line for line in one.diff.splitlines()) or not change.line, one.diff
    assert len(found) <= 2, [one.message for one in report.findings]
    assert "s3cret" not in str(report)
    for _ in range(2 if change.repaired else 0):  # twice: default privileges add to what is made again
        sql = report.sections[0].code if report.sections else report.findings[0].sql
        run(production.url, f"SET ROLE drift_app; {sql}")
        report = production.drift()
        if not report.findings:
            break
    if change.repaired:
        assert [one.message for one in report.findings] == [], sql
        production.dirty = False
