"""A project in a git repository, worked on with the real `git` and the real `alembic-ext`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alembic_ext.check import revisions
from alembic_ext.commands import check
from alembic_ext.findings import Finding, Report
from alembic_ext.project import find
from tests import forked
from tests.project import ROOT, Answer, Project

REVISION = '''\
"""{name}

Create Date: 2026-01-01
"""
from alembic import op
import sqlalchemy as sa

revision = {name!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down_body}
'''


def run(folder: Path, *words: str, code: int | None = 0, **environment: str) -> Answer:
    """Run `alembic-ext` in a folder; ``code`` is the exit code that is expected, None if any is good."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "FORCE_COLOR")}
    answer = forked.run(
        "alembic_ext", *words, folder=folder, environment=kept | {"PYTHONPATH": str(ROOT)} | environment
    )
    assert code in (None, answer.code), f"alembic-ext {' '.join(words)}: code {answer.code}\n{answer.text}"
    return answer


@dataclass(frozen=True)
class Tree:
    """A folder in a git repository."""

    folder: Path

    def git(self, *words: str) -> str:
        """Run git as somebody, without his configuration."""
        who = {
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{one}_{what}": "somebody@localhost" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }  # fmt: skip
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=os.environ | who, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self, message: str = "change") -> None:
        """Commit all that is there."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def alembic_ext(self, *words: str, code: int | None = 0, **environment: str) -> Answer:
        """Run `alembic-ext` here."""
        return run(self.folder, *words, code=code, **environment)

    def report(self, *words: str, code: int | None = None) -> dict[str, Any]:
        """Run it, and give its report as JSON has it."""
        report: dict[str, Any] = json.loads(self.alembic_ext(*words, "--format", "json", code=code).stdout)
        return report

    def found(self, *words: str) -> list[str]:
        """Run it, and give the slugs of what it finds."""
        report = self.report(*words)
        assert not report["failures"], report["failures"]
        return [finding["slug"] for finding in report["findings"]]


@dataclass(frozen=True)
class Repository(Tree):
    """An Alembic project in a git repository, whose branch ``main`` is the base."""

    project: Project

    def revision(
        self, name: str, down: Any = None, up: str = "op.execute('SELECT 1')", down_body: str = "op.execute('SELECT 1')",
        labels: Any = None, depends: Any = None,
    ) -> Path:  # fmt: skip
        """Write a revision."""
        path = self.folder / "migrations" / "versions" / f"{name}.py"
        path.write_text(
            REVISION.format(name=name, down=down, up=up, down_body=down_body, labels=labels, depends=depends)
        )
        return path

    def history(self, base: str | None = None) -> list[Finding]:
        """What `check` finds in the revisions themselves, found in this process: others cost most of a second."""
        path = sys.path[:]
        try:
            found = find([str(self.folder / "alembic.ini")])
            known = revisions.of_project(found)
            findings = check.of_history(known, check.base_of(found, base), found.options(check.Options))
            report = Report("check", findings=tuple(findings)).with_severities(found.common.severity)
            return list(report.findings)
        finally:
            sys.path[:] = path

    def slugs(self, base: str | None = None) -> list[str]:
        """The slugs of that."""
        return [finding.slug for finding in self.history(base)]


@pytest.fixture
def repository(project: Callable[..., Project]) -> Callable[..., Repository]:
    """Give a function that makes a project for models in a git repository, with ``main`` and a branch on it."""

    def make(models: str = "from sqlalchemy import MetaData\nmetadata = MetaData()\n", **how: Any) -> Repository:
        made = project(models, **how)
        repository = Repository(made.folder, made)
        repository.git("init", "-q", "-b", "main")
        (made.folder / ".gitignore").write_text("__pycache__\n")
        return repository

    return make
