"""Of our labelled revisions the linter finds the hazards, and nothing in the others; and their labels are true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.lint.cases import Labelled, cases
from tests.lint.history import Case, Cases
from tests.lint.measured import Measure

RECALL, FALSE_ALARMS = 0.95, 0.03
AT_LEAST_BAD, AT_LEAST_GOOD = 150, 100


@pytest.fixture
def labelled(server_url: str) -> list[Labelled]:
    with psycopg.connect(server_url) as connection:
        return cases(connection.info.server_version // 10000)


def test_labels_are_what_the_server_does(labelled: list[Labelled], new_database: Callable[[], str]) -> None:
    wrong = []
    measure = Measure(new_database())
    for case in labelled:
        seen = measure.effects(case)
        said = frozenset(filter(None, case.shows.split(", ")))
        locks = frozenset(effect for effect in seen if effect.startswith("lock "))
        if said - locks != seen - locks:  # of the locks those are said that are worse than they need to be
            wrong.append(f"{case.topic}: {case.name}: is said to show {sorted(said)}, shows {sorted(seen)}")
    measure.close()

    assert not wrong, "\n".join(wrong)


def test_hazards_are_found_and_harmless_changes_are_not(
    labelled: list[Labelled], server_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = sum(case.is_hazard for case in labelled)
    good = len(labelled) - bad
    history = Cases.write(tmp_path / "project", [Case(case.upgrade, case.world) for case in labelled])
    answer = history.lint(dev_url=server_url)

    missed, alarms = [], []
    for number, case in enumerate(labelled):
        found = answer.of(number)
        if case.is_hazard and not found:
            missed.append(f"missed: {case.topic}: {case.name} ({case.shows or case.says})\n{case.upgrade}\n")
        if found and not case.is_hazard:
            said = "\n".join(f"  {one['severity']} {one['id']} {one['slug']}: {one['message']}" for one in found)
            alarms.append(f"false alarm: {case.topic}: {case.name}\n{case.upgrade}\n{said}\n")
    with capsys.disabled():
        print("", *missed, *alarms, sep="\n")
        print(f"found {bad - len(missed)} of {bad} hazards; {len(alarms)} false alarms in {good} harmless changes")

    assert answer.report["failures"] == [], answer.stderr
    assert bad >= AT_LEAST_BAD
    assert good >= AT_LEAST_GOOD
    assert bad - len(missed) >= RECALL * bad
    assert len(alarms) <= FALSE_ALARMS * good
