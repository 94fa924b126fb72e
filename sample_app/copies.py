"""A copy of this application in a temporary folder, to be worked on without harm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
INI = "sample_app/alembic.ini"


@dataclass(frozen=True)
class Edit:
    """What a developer does to a file: one piece of text becomes another; without an old one the file is new."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Copy:
    """A folder with the package ``sample_app`` in it, and the database that it works on."""

    folder: Path
    url: str
    """For SQLAlchemy: with a driver."""

    @property
    def versions(self) -> Path:
        """The folder of the revisions."""
        return self.folder / "sample_app" / "migrations" / "versions"

    def edit(self, edit: Edit) -> None:
        """Make a change.

        Raises:
            ValueError: the old text is not there exactly once.
        """
        path = self.folder / "sample_app" / edit.file
        if not edit.old:
            path.write_text(edit.new, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise ValueError(f"{edit.file} has {text.count(edit.old)} times {edit.old!r}")
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")

    def alembic(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the real `alembic` command, as a developer does."""
        return self._run("alembic", "-c", INI, *words)

    def alembic_ext(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of the commands of `alembic-ext`, as a pipeline does."""
        return self._run("alembic_ext", command, "-c", INI, *words)

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        special = {
            "DATABASE_URL": self.url,
            "PYTHONDONTWRITEBYTECODE": "1",  # sources change within a second, which compiled files do not notice
            "PYTHONIOENCODING": "utf-8",
        }
        return subprocess.run(
            [sys.executable, "-m", program, *words],
            cwd=self.folder,
            env=os.environ | special,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@contextmanager
def copy(url: str) -> Iterator[Copy]:
    """Make a copy for a database, whose libpq URL is given, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="sample_app-") as folder:
        shutil.copytree(HERE, Path(folder) / "sample_app", ignore=shutil.ignore_patterns("__pycache__"))
        yield Copy(Path(folder), url.replace("postgresql:", "postgresql+psycopg:", 1))
