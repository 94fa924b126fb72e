"""A real Alembic project, worked on with the real `alembic` command."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config

from tests import forked
from tests.forked import ROOT, Answer


def rewrite(file: Path, text: str) -> None:
    """Give a file another text: what Python has compiled of one as long, in the same second, would be taken for it."""
    file.write_text(text)
    for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
        compiled.unlink()


@dataclass(frozen=True)
class Project:
    """A folder with ``alembic.ini``, ``models.py`` and ``migrations/``, as `alembic init` makes them."""

    folder: Path
    url: str
    """The database, without a driver."""

    @classmethod
    def write(
        cls,
        folder: Path,
        models: str,
        url: str,
        *,
        template: str = "generic",
        driver: str = "psycopg",
        configure: str = "",
    ) -> Project:
        """Make the project.

        Args:
            folder: where; it is made.
            models: the text of ``models.py``, which has a ``metadata``.
            url: the database, without a driver.
            template: one of Alembic's: generic, async, multidb (whose second URL ends with a 2 more than the first).
            driver: what is put behind ``postgresql+``.
            configure: keywords for ``context.configure``, as they are written there.
        """
        folder.mkdir()
        config = Config(folder / "alembic.ini", cmd_opts=Namespace(quiet=True))
        command.init(config, str(folder / "migrations"), template)
        made = cls(folder, url)
        made.declare(models)
        address = url.replace("postgresql:", f"postgresql+{driver}:", 1).replace("%", "%%")
        made.edit(folder / "alembic.ini", "driver://user:pass@localhost/dbname", address)
        nothing = "target_metadata = {}" if template == "multidb" else "target_metadata = None"
        made.edit(made.env, nothing, "from models import metadata as target_metadata")
        made.edit(made.env, "context.configure(", f"context.configure({configure}{',' if configure else ''}")
        return made

    @property
    def env(self) -> Path:
        """The file env.py."""
        return self.folder / "migrations" / "env.py"

    def edit(self, file: Path, old: str, new: str) -> None:
        """Replace what must stand in a file."""
        text = file.read_text()
        assert old in text, f"{old!r} is not in {file}"
        rewrite(file, text.replace(old, new))

    def declare(self, models: str) -> None:
        """Give ``models.py`` another text."""
        rewrite(self.folder / "models.py", models)

    def alembic(self, *words: str, code: int | None = 0, bare: bool = False, **environment: str) -> Answer:
        """Run `alembic` with these words.

        Args:
            words: the command and its options.
            code: the exit code that is expected; None if any is good.
            bare: run it where this package cannot be imported and there are no models.
            environment: variables to set for it.
        """
        path = {"PYTHONPATH": str(ROOT)} | environment
        answer = forked.run(
            "alembic", *words,
            folder=self.folder, environment=os.environ | path, bare=bare, installed=path["PYTHONPATH"],
        )  # fmt: skip
        assert code in (None, answer.code), f"alembic {' '.join(words)}: code {answer.code}\n{answer.text}"
        return answer

    def revisions(self) -> list[Path]:
        """Give the files of all revisions, the oldest first."""
        return sorted((self.folder / "migrations" / "versions").glob("*.py"), key=_made)

    def revise(self, *words: str) -> str:
        """Autogenerate a revision and give its text."""
        self.alembic("revision", "--autogenerate", "-m", "change", *words)
        return self.revisions()[-1].read_text()


def _made(path: Path) -> str:
    """Give the date that Alembic wrote into a revision; the dates of files change when a test edits them."""
    found = re.search(r"^Create Date: (.*)$", path.read_text(), re.MULTILINE)
    assert found
    return found[1]
