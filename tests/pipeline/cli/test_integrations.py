"""The files for other pipelines are what GitLab and Kubernetes accept, and what they call is ours."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from alembic_ext.commands import main
from alembic_ext.findings import Exit
from tests.project import ROOT

FOLDER = ROOT / "integrations"
DOCUMENTS = sorted(FOLDER.glob("kubernetes/*.yaml"))
GITLAB = FOLDER / "gitlab-ci.yml"


def test_gitlab_accepts_it() -> None:
    """By GitLab's own schema, which check-jsonschema brings."""
    pytest.importorskip("check_jsonschema", reason="the group `schemas` of pyproject.toml is not installed")
    words = [
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.gitlab-ci",
        "--data-transform",
        "gitlab-ci",
        str(GITLAB),
    ]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_kubernetes_accepts_it(path: Path) -> None:
    """By the schemas of its API, strictly: an unknown field is an error."""
    validate = pytest.importorskip("kubernetes_validate", reason="the group `schemas` is not installed")
    document = yaml.safe_load(path.read_text())

    for version in ("1.31", "1.35"):
        validate.validate(document, version, strict=True)
    document["spec"]["template"]["spec"]["restartPolice"] = "Never"
    with pytest.raises(validate.ValidationError):
        validate.validate(document, "1.35", strict=True)


def lines(value: Any) -> list[list[str]]:
    """The commands of ours in a document: lists of words, or texts."""
    if isinstance(value, dict):
        return [line for one in value.values() for line in lines(one)]
    if isinstance(value, list):
        own = [str(word) for word in value] if value[:1] == ["alembic-ext"] else []
        return [own] if own else [line for one in value for line in lines(one)]
    return [shlex.split(value)] if isinstance(value, str) and value.startswith("alembic-ext ") else []


@pytest.mark.parametrize("path", [*DOCUMENTS, GITLAB], ids=lambda path: path.stem)
def test_what_they_call_is_ours(path: Path) -> None:
    called = lines(yaml.safe_load(path.read_text()))

    assert called
    for _, name, *words in called:
        context = click.Context(main)
        main.get_command(context, name).make_context(name, words, parent=context)


def test_exit_codes_are_told_apart() -> None:
    """What is tried again is what may succeed the next time."""
    job = yaml.safe_load((FOLDER / "kubernetes" / "job.yaml").read_text())
    fail, _ = job["spec"]["podFailurePolicy"]["rules"]

    assert fail["onExitCodes"]["values"] == [Exit.FINDINGS, Exit.USAGE, Exit.PARTLY]
    assert yaml.safe_load(GITLAB.read_text())["deploy"]["retry"]["exit_codes"] == [Exit.UNREACHABLE, Exit.LOCKED]


def test_the_page_shows_the_files() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    shown = re.findall(r"^<!-- (integrations/\S+) -->\n```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert {name for name, _ in shown} == {str(path.relative_to(ROOT)) for path in [*DOCUMENTS, GITLAB]}
    for name, text in shown:
        assert text == (ROOT / name).read_text()
