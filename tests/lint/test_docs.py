"""What docs/lint.md and CONTRIBUTING.md say of the linter is so."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields
from pathlib import Path

from alembic_ext.commands import lint, stats
from alembic_ext.lint.told import meant_by
from alembic_ext.project import find
from tests.project import ROOT

PAGE = (ROOT / "docs" / "lint.md").read_text("utf-8")
RULE = "alembic_ext/lint/rules/table_locked_by_hand.py"


def test_configuration(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(text)
    shutil.copy(ROOT / "sample_app" / "alembic.ini", tmp_path)

    options = find([str(tmp_path / "alembic.ini")]).options(lint.Options)

    assert set(re.findall(r"^(\w+) = ", text, re.MULTILINE)) == {one.name for one in fields(lint.Options)}
    assert all(meant_by(name) for name in options.on)


def test_names_and_options_are_there() -> None:
    named = re.findall(r"ignore\[([^\]]*)\]", PAGE) + re.findall(r"`(L[A-Z]\d{3})`", PAGE)
    known = {name for one in (lint, stats) for option in one.COMMAND.params for name in option.opts}

    assert all(meant_by(name.strip()) for one in named for name in one.split(","))
    assert set(re.findall(r"alembic-ext (?:lint|stats)[^`\n]*?(--[a-z-]+)", PAGE)) <= known


def test_the_rule_that_is_shown() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

    assert f"<!-- the rule {RULE} -->\n```python\n{(ROOT / RULE).read_text('utf-8')}```" in text
