"""Several projects: each in a process of its own, in its folder, since two env.py import modules of one name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_ext import project
from alembic_ext.commands._failures import failure
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Exit, Failure, Report, merged

if TYPE_CHECKING:
    from alembic_ext.commands._common import Asked

_WITH_VALUE = ("--project", "--format", "--output", "--comment", "--rest")


def of_all(asked: Asked, command: str, words: Sequence[str]) -> Report:
    """One report of all projects that match and concern the change; ``words`` are those of the command line."""
    try:
        folders, concerned = project.several(asked.projects, asked.base)
    except AlembicExtError as error:
        return Report(command, failures=(failure(error),))
    top = Path(os.path.commonpath(folders)) if len(folders) > 1 else folders[0].parent
    names = {folder: folder.relative_to(top).as_posix() for folder in folders}
    reports = [_of(folder, names[folder], command, _own(words)) for folder in concerned]
    left = [names[folder] for folder in folders if folder not in concerned]
    together = merged(command, reports)
    return replace(together, facts={**together.facts, "unchanged": left}) if left else together


def _own(words: Sequence[str]) -> list[str]:
    """The words without those that are about several projects and output."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in _WITH_VALUE:
            skip = True
        elif not word.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            kept.append(word)
    return kept


def _of(folder: Path, name: str, command: str, words: Sequence[str]) -> Report:
    with tempfile.TemporaryDirectory(prefix="alembic-ext-") as place:
        file = Path(place, "report.json")
        done = subprocess.run(
            [sys.executable, "-m", "alembic_ext", *words, "--format", "json", "--output", str(file)],
            cwd=folder,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the report as text, once more
        )
        try:
            report = Report.from_json(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError):
            problem = f"the process for the project ended with code {done.returncode} and without a report"
            report = Report(command, failures=(Failure(problem, str(folder), code=Exit.USAGE),))
    return report.of_project(name)
