"""What docs/testing.md and docs/deploying.md say is so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from alembic_ext.commands import deploy, status, test
from alembic_ext.deploy.assertions import found
from alembic_ext.project import find
from tests.project import ROOT


@pytest.mark.parametrize(("page", "options"), [("testing", test.Options), ("deploying", deploy.Options)])
def test_configuration(page: str, options: type, tmp_path: Path) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```$", (ROOT / "docs" / f"{page}.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(text)
    shutil.copy(ROOT / "sample_app" / "alembic.ini", tmp_path)

    given = find([str(tmp_path / "alembic.ini")]).options(options)

    assert given != options()


def test_findings() -> None:
    said = re.findall(r"^\| (TS\d+) \| `([\w-]+)` \|", (ROOT / "docs" / "testing.md").read_text(), re.MULTILINE)

    assert said == sorted((rule.id, rule.slug) for rule, *_ in test.RULES.values())


def test_the_assertion_is_found() -> None:
    (text,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / "deploying.md").read_text(), re.MULTILINE | re.DOTALL
    )
    indented = "".join(f"    {line}" for line in text.splitlines(keepends=True))

    assert [words for words, _ in found(f"def upgrade():\n{indented}")] == ["every order has a customer"]


def test_options_are_those_of_the_commands() -> None:
    pages = " ".join((ROOT / "docs" / name).read_text() for name in ("testing.md", "deploying.md"))
    known = {name for one in (deploy, status, test) for option in one.COMMAND.params for name in option.opts}

    for named in set(re.findall(r"`(?:alembic-ext \w+ )?(--(?!alembic)[a-z-]+)", pages)):
        assert named in known
