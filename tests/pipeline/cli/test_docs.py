"""What docs/pipeline.md says is so."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields
from pathlib import Path

import yaml

from alembic_ext import formats
from alembic_ext.check import history, models, offline, played
from alembic_ext.commands.check import Options
from alembic_ext.findings import Exit, Rule
from alembic_ext.project import find
from alembic_ext.project.configured import Common
from tests.project import ROOT

PAGE = (ROOT / "docs" / "pipeline.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_findings_and_codes() -> None:
    rules = [
        one for module in (history, models, offline, played) for one in vars(module).values() if isinstance(one, Rule)
    ]
    said = re.findall(r"^\| (CK\d+) \| `([\w-]+)` \| (\w+) \|", PAGE, re.MULTILINE)

    assert said == sorted((rule.id, rule.slug, rule.severity) for rule in set(rules))
    assert [int(code) for code in re.findall(r"^\| (\d) \| ", PAGE, re.MULTILINE)] == [int(one) for one in Exit]
    assert all(f"`{name}`" in PAGE for name in formats.formats())


def test_configuration(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(text)
    shutil.copy(ROOT / "sample_app" / "alembic.ini", tmp_path)

    project = find([str(tmp_path / "alembic.ini")])

    assert project.options(Options) == Options(heads=("billing", "shop"))
    assert project.common.roles == ("app", "readonly")
    shown = {name.replace("-", "_") for name in re.findall(r"^([\w-]+) = ", text, re.MULTILINE)}
    assert shown == {one.name for table in (Common, Options) for one in fields(table)} - {"languages"}


def test_workflows() -> None:
    report, comment, hooks = map(yaml.safe_load, blocks("yaml"))

    assert report[True] == "pull_request"  # what YAML makes of "on"
    assert "secrets" not in str(report)
    assert report["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in str((report, comment))
    assert not any("checkout" in str(step) for step in comment["jobs"]["comment"]["steps"])
    assert comment[True]["workflow_run"]["workflows"] == [report["name"]]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    for step in (*report["jobs"]["report"]["steps"], *comment["jobs"]["comment"]["steps"]):
        if step.get("uses", "").startswith("alembic-ext/"):
            assert set(step.get("with", {})) <= set(inputs)
    named = {hook["id"] for hook in hooks["repos"][0]["hooks"]}
    assert named == {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
