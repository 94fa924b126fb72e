"""What `nox -s bench` prints is of this package: all of it runs, on little; no figure is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks import pipeline


def test_autogenerate() -> None:
    words = [sys.executable, "-m", "tests.benchmarks", "--sizes", "20", "--runs", "1"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if "|" in line]
    operations = {what: count for what, _, count, _ in rows[2:]}
    assert operations == {
        "the catalog is read on two sessions": "0",
        "nothing has changed": "0",
        "one function of all has changed, proved": "1",
        "everything is new, proved": "20",
        "nothing has changed, and an earlier run knew that": "0",
        "one function has changed, the rest is known": "1",
    }


def test_pipeline(server_url: str, tmp_path: Path) -> None:
    found = dict(pipeline.figures(server_url, tmp_path, 1, revisions=15, tables=5))
    assert len(found) == 16
    assert all(figure > 0 for name, figure in found.items() if "without imports" not in name)
