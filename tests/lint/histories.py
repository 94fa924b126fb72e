"""Histories of other projects, linted from their first revision to their last: `python -m tests.lint.histories FOLDER`.

FOLDER holds checkouts named as in `HISTORIES`. Only their revisions are taken, into a project with a plain env.py; what
the revisions import of the application is made up. Nothing of them is part of this repository. Extensions that the
server lacks make the revisions that need them fail, which is found and said like anything else.

Printed: how many revisions, statements and findings there are, and a sample of findings to check by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from alembic_ext import embedded
from tests.project import ROOT

INI = "[alembic]\nscript_location = migrations\nprepend_sys_path = .\nsqlalchemy.url = postgresql+psycopg://nobody@127.0.0.1:1/nowhere\n"
ENV = """\
from alembic import context
from sqlalchemy import engine_from_config, pool

try:
    import alembic_postgresql_enum  # some revisions call what it adds to op
except ImportError:
    pass

engine = engine_from_config(context.config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
with engine.connect() as connection:
    for setting in {settings}:
        connection.exec_driver_sql(f"SET {{setting}}")
    connection.commit()
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
SETTINGS = "[tool.alembic-ext.lint]\nlimit = 600\n"


class History(NamedTuple):
    """Where a project's revisions are in its checkout, what its env.py SETs for all of them, modules that they import,
    with a text each, and how many of the findings a sample has.
    """

    versions: str
    settings: tuple[str, ...] = ()
    modules: Mapping[str, str] = {}  # never changed
    sample: int = 15


HISTORIES = {
    "ckan": History(
        "ckan/migration/versions",
        modules={
            "ckan/__init__.py": "",
            "ckan/migration/__init__.py": "def skip_based_on_legacy_engine_version(op, filename):\n    return False\n",
        },
    ),
    "polar": History("server/migrations/versions"),
    "warehouse": History(
        "warehouse/migrations/versions",
        settings=("statement_timeout = 5000", "lock_timeout = 4000"),
        modules={
            "warehouse/__init__.py": "import warehouse.utils.db.types\n",
            "warehouse/utils/__init__.py": "",
            "warehouse/utils/db/__init__.py": "",
            "warehouse/utils/db/types.py": "from sqlalchemy import DateTime as TZDateTime\n",
        },
        sample=20,
    ),
}


def lint(name: str, checkout: Path, folder: Path, url: str) -> Mapping[str, Any]:
    """The report on all revisions of a history."""
    history = HISTORIES[name]
    shutil.copytree(checkout / history.versions, folder / "migrations" / "versions")
    files = {
        "alembic.ini": INI,
        "migrations/env.py": ENV.format(settings=history.settings),
        "pyproject.toml": SETTINGS,
        **history.modules,
    }
    for place, text in files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "alembic_ext", "lint", "--all", "--dev-url", url, "--format", "json"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


def main(words: Sequence[str]) -> None:
    """Print a table, and a sample."""
    parser = argparse.ArgumentParser(prog="python -m tests.lint.histories")
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--url", help="a server with the extensions that they need; else the embedded one")
    parser.add_argument(
        "--sample", metavar="SEED", help="show a random sample of the findings, always the same for a seed"
    )
    asked = parser.parse_args(words)
    lines = [
        "| history | revisions | that fail | errors | warnings | notes | per 100 revisions |",
        "|--|--|--|--|--|--|--|",
    ]
    shown = []
    with tempfile.TemporaryDirectory() as folder, embedded.server() as server:
        for name, history in HISTORIES.items():
            report = lint(name, asked.checkouts / name, Path(folder) / name, asked.url or server.url)
            assert not report["failures"], report["failures"]
            found = report["findings"]
            severities = Counter(one["severity"] for one in found)
            revisions = report["facts"]["revisions"]
            fail = len({one["revision"] for one in found if one["slug"] == "upgrade-fails"})
            counts = " | ".join(str(severities[one]) for one in ("error", "warning", "note"))
            lines.append(f"| {name} | {revisions} | {fail} | {counts} | {100 * len(found) / revisions:.0f} |")
            size = min(history.sample, len(found)) if asked.sample else 0
            for one in random.Random(f"{name} {asked.sample}").sample(found, size):
                shown.append(
                    f"{name} {one['file']}:{one['line']} {one['severity']} {one['slug']}\n  {one['message']}\n  {one['sql']}\n  {one['help']}"
                )
    print(*lines, "", *shown, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
