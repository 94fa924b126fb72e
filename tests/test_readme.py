"""The README: what it shows is there to the letter, and runs."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from alembic import command
from alembic.config import Config

from alembic_ext.options import Options
from tests import forked
from tests.project import ROOT, Project

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^<!-- (\S+) -->\n```(?:python|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [(file, text) for file, text in BLOCK.findall(README)]


def test_all_code_is_taken_from_files() -> None:
    assert len(re.findall(r"^```(?:python|sql)$", README, re.MULTILINE)) == len(SHOWN) > 0


@pytest.mark.parametrize("file", sorted({file for file, _ in SHOWN if (ROOT / file).exists()}))
def test_code_is_what_the_file_says(file: str) -> None:
    text = (ROOT / file).read_text()
    shown = [part for name, part in SHOWN if name == file]
    assert all(part in text or part in dedent(text.partition("None:\n")[2]) for part in shown)
    if file.endswith("readme_models.py"):
        assert "\n\n".join(shown) == text


def test_the_quick_start_runs(project: Callable[..., Project]) -> None:
    declared = (ROOT / "tests/typing/readme_models.py").read_text()
    (options,) = re.findall(r"alembic_ext=\{.*\}", README, re.MULTILINE)[:1]
    shop = project(f"{declared}\nmetadata = Base.metadata\n", configure=options)
    for file, text in SHOWN:
        if file.startswith("sql/"):
            (shop.folder / file).parent.mkdir(exist_ok=True)
            (shop.folder / file).write_text(text)
    text = shop.revise()
    for line in ("view active_user", "trigger touch on post", "materialized view author", "view latest"):
        assert f"# create {line}\n" in text
    shop.alembic("upgrade", "head", bare=True)
    assert "No new upgrade operations detected." in shop.alembic("check").text
    shop.alembic("downgrade", "base", bare=True)


def test_the_quick_start_begins_with_alembic_init(database: str, tmp_path: Path) -> None:
    """Its edits are such of what `alembic init` writes, and then its commands say what it says."""
    command.init(Config(tmp_path / "alembic.ini", cmd_opts=Namespace(quiet=True)), str(tmp_path / "migrations"))
    shop = Project(tmp_path, database)
    for edit in re.findall(r"^```diff\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        file, *lines = edit.splitlines()
        old, new = (
            "\n".join(line[1:] for line in lines if line.startswith(sign)).replace(
                "postgresql+psycopg://me@localhost/shop", database.replace("postgresql:", "postgresql+psycopg:", 1)
            )
            for sign in "-+"
        )
        shop.edit(tmp_path / file.removeprefix(" # "), old, new)
    shop.declare(SHOWN[1][1])
    script = shop.revise()
    assert script.index("op.create_table('user'") < script.index("# create view active_user")
    shop.alembic("upgrade", "head")
    assert "No new upgrade operations detected." in shop.alembic("check").text
    assert "Usage: python -m alembic_ext.embedded" in forked.run(
        "alembic_ext.embedded", "--help", folder=tmp_path, environment=os.environ | {"PYTHONPATH": str(ROOT)}
    ).text.replace("usage:", "Usage:")


def test_all_commands_are_there() -> None:
    from alembic_ext.project import tables

    (table,) = re.findall(r"^## In pipelines\n.*?^\|(.*?)\n\n", README, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`alembic-ext (\w+)", table)) == tables()


def test_all_options_are_explained() -> None:
    (table,) = re.findall(r"^\| option \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [*Options._fields]


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/index.md", "docs/coming-from.md", "docs/design.md"]
)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text()):
        assert (ROOT / page).parent.joinpath(target).exists(), target
