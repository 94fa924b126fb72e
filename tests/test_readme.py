"""The README: what it shows is there to the letter, and runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent

import pytest

from alembic_ext.options import Options
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


def test_all_options_are_explained() -> None:
    (table,) = re.findall(r"^\| option \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [*Options._fields]


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/index.md", "docs/coming-from.md", "docs/design.md"]
)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text()):
        assert (ROOT / page).parent.joinpath(target).exists(), target
