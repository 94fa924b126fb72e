"""The shell of the GitHub Action, run as GitHub runs it, with a `gh` that only writes down what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from alembic_ext import formats
from alembic_ext.findings import Finding, Report, Section
from tests.pipeline.cli.conftest import Repository
from tests.project import ROOT, Answer

SCRIPTS = ROOT / "action"
GH = """\
#!/usr/bin/env bash
said=$*
printf '%s\\n' "$said" >>"$GH_CALLS"
case "$*" in
  *pulls/*) printf '%s\\n' "$GH_HEAD" ;;
  *--paginate*) printf '%s' "${GH_COMMENT:-}" ;;
  *body=@*) cp "${said##*body=@}" "$GH_CALLS.body" ;;
esac
"""


@dataclass(frozen=True)
class Runner:
    """A place as a step of GitHub's has it."""

    folder: Path

    def run(self, script: str, *, code: int = 0, cwd: Path | None = None, **environment: str) -> Answer:
        files = {name: str(self.folder / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GH_CALLS")}
        done = subprocess.run(
            ["bash", str(SCRIPTS / script)],
            cwd=cwd or self.folder,
            env=os.environ
            | {"PATH": f"{self.folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
            | files
            | environment,
            capture_output=True,
            check=False,
        )
        answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert answer.code == code, answer.text
        return answer

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A step with our command and a stub of `gh` on its path."""
    folder = tmp_path / "runner"
    folder.mkdir()
    programs = {"gh": GH, "alembic-ext": f'#!/usr/bin/env bash\nexec {sys.executable} -m alembic_ext "$@"\n'}
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return Runner(folder)


def test_report(runner: Runner, repository: Callable[..., Repository]) -> None:
    shop = repository(url="postgresql://nobody@127.0.0.1:1/nothing")
    shop.revision("aa")
    shop.commit()
    shop.git("checkout", "-q", "-b", "$(touch${IFS}gotcha)`id`")
    shop.revision("b1", "aa")
    shop.revision("b2", "aa")
    kept = runner.folder / "kept"

    answer = runner.run(
        "report.sh",
        code=1,
        cwd=shop.folder,
        AX_FOLDER=str(kept),
        AX_BASE="main",
        AX_NUMBER="17",
        AX_CONFIG="alembic.ini",
    )

    assert (
        "::error file=migrations/versions/b2.py,line=9,title=CK102 unexpected-heads::there are 2 heads%3A b1"
        in answer.stdout.replace("heads: b1", "heads%3A b1")
    )
    assert "error CK102 unexpected-heads: there are 2 heads" in answer.stdout
    assert {path.name for path in kept.iterdir()} == {
        "comment.md",
        "number",
        "report.json",
        "report.md",
        "report.sarif",
    }
    assert (kept / "number").read_text() == "17\n"
    assert runner.text("GITHUB_STEP_SUMMARY").startswith("## alembic-ext report: 1 error")
    assert runner.text("GITHUB_OUTPUT") == "exit-code=1\n"
    wrong = runner.run(
        "report.sh", code=2, cwd=shop.folder, AX_FOLDER=str(kept), AX_BASE="$(touch gotcha)", AX_PROJECTS="nothing/*\n"
    )
    assert "no Alembic project matches 'nothing/*'" in wrong.stdout
    assert not list(shop.folder.rglob("gotcha"))


def artifact(folder: Path, report: Report, number: str = "17\n") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(formats.render(report, "json"))
    (folder / "number").write_text(number)
    return str(folder)


def test_comment(runner: Runner) -> None:
    found = Finding(
        "CK101", "models-differ", "see @team and <img src=x>", "error", diff="+" + "x" * 40 + "\n```\n@everyone"
    )
    long = Report(
        "report",
        findings=(found,),
        sections=tuple(Section("s", code="SELECT 1;\n" * 900, language="sql") for _ in range(20)),
    )
    given = {"AX_FOLDER": artifact(runner.folder / "kept", long), "AX_HEAD": "abc", "GH_HEAD": "abc",
             "AX_RUN": "https://github.com/o/r/actions/runs/1", "GITHUB_REPOSITORY": "o/r"}  # fmt: skip

    runner.run("comment.sh", **given)
    body = runner.text("GH_CALLS.body")
    assert body.startswith("<!-- alembic-ext default -->\n## alembic-ext report: 1 error\n")
    assert "see @&#8203;team and &lt;img src=x&gt;" in body
    assert (
        "longer than a comment may be.** The whole of it is an artifact of the run https://github.com/o/r/actions/runs/1"
        in body
    )
    assert len(body) <= 65_536
    assert "--method POST repos/o/r/issues/17/comments" in runner.text("GH_CALLS")

    runner.run("comment.sh", **given, GH_COMMENT="42\n43\n", AX_KEY="other")
    assert "--method PATCH repos/o/r/issues/comments/42 " in runner.text("GH_CALLS")
    assert runner.text("GH_CALLS.body").startswith("<!-- alembic-ext other -->\n")


def test_an_artifact_is_not_believed(runner: Runner) -> None:
    kept = runner.folder / "kept"
    given = {"AX_FOLDER": str(kept), "AX_HEAD": "abc", "GH_HEAD": "abc", "GITHUB_REPOSITORY": "o/r"}
    assert "names no pull request" in runner.run("comment.sh", **given).stderr
    for number in ("1/comments -f x=y", "../../x", "$(id)", "", "0", "9" * 30):
        artifact(kept, Report("report"), number)
        runner.run("comment.sh", code=2, **given)
    artifact(kept, Report("report"))
    assert "at another commit" in runner.run("comment.sh", **given | {"GH_HEAD": "def"}).stderr
    runner.run("comment.sh", code=2, **given, AX_KEY="x --> @everyone")
    for text in ("{}", "[]", "no JSON", json.dumps({"command": "x", "findings": [{"id": 1}]}),
                 json.dumps({"command": "x", "fail_on": "@everyone"}), json.dumps({"command": ["@everyone"]})):  # fmt: skip
        (kept / "report.json").write_text(text)
        assert "is not a report" in runner.run("comment.sh", code=2, **given).stderr
    assert "body=@" not in runner.text("GH_CALLS")


def test_what_action_yml_says() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())

    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"], "what stands in a script would be run"
        assert step["shell"] == "bash"
        assert (SCRIPTS / step["run"].rpartition("/")[2].strip('"')).is_file()
    used = " ".join(str(step) for step in action["runs"]["steps"])
    assert all(f"inputs.{name}" in used for name in action["inputs"])
    assert all(one.get("description") for one in action["inputs"].values())


def test_hooks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

    for hook in hooks:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        words = hook["entry"].split()
        assert words[0] == "alembic-ext"
        done = subprocess.run(
            [sys.executable, "-m", "alembic_ext", *words[1:], "--help"], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0
