"""`alembic-ext check --static` on real git repositories: what it finds in the revisions themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from alembic_ext.commands import _rules
from alembic_ext.errors import AlembicExtError
from tests.pipeline.cli.conftest import Repository

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
Make = Callable[..., Repository]


@pytest.fixture
def tree(repository: Make) -> Repository:
    """Two revisions on main, and a branch on it."""
    made = repository(url=NOWHERE)
    made.revision("aa")
    made.revision("bb", "aa")
    made.commit()
    made.git("checkout", "-q", "-b", "work")
    return made


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_is_wrong(tree: Repository) -> None:
    tree.revision("cc", "bb")

    assert tree.found("check", "--static", "--base", "main") == []
    assert tree.alembic_ext("check", "--static").stdout == "check: nothing found\n"


def test_heads(tree: Repository) -> None:
    tree.revision("c1", "bb")
    tree.revision("c2", "bb")

    (finding,) = tree.history()

    assert finding.message == "there are 2 heads: c1 (c1.py), c2 (c2.py)"
    assert finding.file == "migrations/versions/c2.py"
    assert finding.line == 9  # down_revision


def test_heads_that_are_meant(tree: Repository) -> None:
    tree.revision("c1", "bb", labels=("billing",))
    tree.revision("c2", "bb", labels=("shop",), depends="aa")
    config = tree.folder / "pyproject.toml"

    config.write_text('[tool.alembic-ext.check]\nheads = ["billing", "shop"]\n')
    assert tree.slugs() == []

    tree.revision("d2", "c2")
    tree.revision("d3", "c2")
    assert "2 heads too many: d2 (d2.py), d3 (d3.py)" in str(tree.history())

    tree.revision("d4", ("d2", "d3"))
    tree.revision("e1", None)
    assert "there is a head too many: e1 (e1.py)" in str(tree.history())


def test_a_revision_of_the_base_was_changed(tree: Repository) -> None:
    edit(tree.folder / "migrations" / "versions" / "aa.py", "SELECT 1", "SELECT 2")

    (finding,) = tree.history("main")

    assert (finding.slug, finding.revision) == ("revision-changed", "aa")
    assert finding.message == "revision aa is in main and was changed"


def test_formatters_are_quiet(tree: Repository) -> None:
    path = tree.folder / "migrations" / "versions" / "aa.py"
    edit(path, "import sqlalchemy as sa\n", "import logging\n")  # neither is used
    edit(path, '"""aa\n', '"""What it is for\n')
    edit(
        path,
        "op.execute('SELECT 1')",
        '"""A docstring."""\n    # a comment\n    op.execute(\n        "SELECT 1",\n    )',
    )
    edit(path, "revision = 'aa'", 'from collections.abc import Sequence\n\nrevision: str = "aa"')
    edit(path, "-> None", "")
    path.rename(path.with_name("aa_with_a_name.py"))

    assert tree.slugs("main") == []


def test_a_revision_of_the_base_went(tree: Repository) -> None:
    (tree.folder / "migrations" / "versions" / "bb.py").unlink()

    assert tree.slugs("main") == ["revision-removed"]


def test_a_revision_was_put_below_the_head_of_the_base(tree: Repository) -> None:
    tree.revision("ab", "aa")
    edit(tree.folder / "migrations" / "versions" / "bb.py", "down_revision = 'aa'", "down_revision = 'ab'")

    findings = tree.history("main")

    assert [finding.slug for finding in findings] == ["revision-changed", "revision-inserted"]
    assert "it stood on aa, and now on ab" in findings[0].message
    assert findings[1].message.startswith("revision ab was put below bb, which is in main")
    assert findings[1].help == "put it above the head of main: down_revision = 'bb'"


def test_the_base_went_on(tree: Repository) -> None:
    tree.revision("c1", "bb")
    tree.commit()
    tree.git("checkout", "-q", "main")
    tree.revision("c2", "bb")
    tree.commit()
    tree.git("checkout", "-q", "work")

    (finding,) = tree.history("main")

    assert finding.slug == "heads-after-merge"
    assert "main has meanwhile gained c2" in finding.message
    tree.git("merge", "-q", "main")
    tree.revision("d1", ("c1", "c2"))
    assert tree.slugs("main") == []


def test_what_the_base_changed_itself_is_not_ours(tree: Repository) -> None:
    tree.git("checkout", "-q", "main")
    edit(tree.folder / "migrations" / "versions" / "aa.py", "SELECT 1", "SELECT 2")
    tree.commit()
    tree.git("checkout", "-q", "work")

    assert tree.slugs("main") == []


def test_empty_downgrades(tree: Repository) -> None:
    tree.revision("cc", "bb", down_body="pass")
    tree.revision("dd", "cc", up="pass", down_body="pass")  # does nothing
    tree.revision("ee", "dd", down_body="raise NotImplementedError('no way back')")
    tree.revision("ff", "ee", down_body='"""Nothing."""')

    findings = tree.history()

    assert [(one.slug, one.revision, one.severity) for one in findings] == [
        ("empty-downgrade", "cc", "warning"),
        ("empty-downgrade", "ff", "warning"),
    ]
    assert findings[0].line == 18
    tree.alembic_ext("check", "--static", "--fail-on", "warning", code=1)
    config = tree.folder / "pyproject.toml"
    config.write_text('[tool.alembic-ext]\nseverity = {"empty-downgrade" = "error"}\n')
    assert {one.severity for one in tree.history()} == {"error"}
    config.write_text('[tool.alembic-ext]\nseverity = {"empty-downgrade" = "off"}\n')
    assert tree.slugs() == []
    config.write_text('[tool.alembic-ext.check]\ndowngrades = "never"\n')
    assert tree.slugs() == []
    config.write_text('[tool.alembic-ext]\nseverity = {"empty-downgrad" = "error"}\n')
    (failure,) = tree.report("check", "--static", code=2)["failures"]
    assert failure["problem"] == "severity in [tool.alembic-ext]: there is no rule 'empty-downgrad'"
    assert failure["help"].startswith("did you mean 'empty-downgrade'?")
    config.write_text(
        '[tool.alembic-ext]\nseverity = {ck107 = "note", blocking = "off", DR101 = "note", PG101 = "off"}\n'
    )
    assert {one["severity"] for one in tree.report("check", "--static", code=0)["findings"]} == {"note"}


def test_all_rules_are_known() -> None:
    folder = Path(_rules.__file__).parents[1]
    written = {
        id
        for file in folder.rglob("*.py")
        for id in re.findall(r'\bRule\(\s*"([A-Z]{2}\d{3})"', file.read_text("utf-8"))
        if file.name != "findings.py"
    }

    assert {"CK101", "TS101", "DR101", "ST101", "LP101"} <= written <= {rule.id for rule in _rules.all_rules()}


def test_only_new_revisions_are_asked_for_downgrades(tree: Repository) -> None:
    tree.revision("cc", "bb", down_body="pass")
    tree.commit()

    assert tree.slugs("main") == ["empty-downgrade"]
    assert tree.slugs("work") == []


def test_sql_that_does_not_render(tree: Repository) -> None:
    reads = "x = op.get_bind().execute(sa.text('SELECT 1')).scalar()\n    op.execute(f'SELECT {x + 1}')"
    tree.revision("cc", "bb", up=reads)
    tree.revision("dd", "cc")

    (finding,) = tree.report("check", "--static", code=0)["findings"]

    assert (finding["slug"], finding["revision"], finding["line"]) == ("sql-does-not-render", "cc", 15)
    assert "revision cc cannot be rendered with --sql" in finding["message"]
    config = tree.folder / "pyproject.toml"
    config.write_text('[tool.alembic-ext.check]\nsql = "never"\n')
    assert tree.found("check", "--static") == []


def test_an_env_py_that_cannot_render(tree: Repository) -> None:
    tree.project.edit(
        tree.project.env,
        "if context.is_offline_mode():",
        "if context.is_offline_mode():\n    raise KeyError('url')\nif True:",
    )

    (finding,) = tree.report("check", "--static", code=0)["findings"]

    assert (finding["slug"], finding["file"]) == ("sql-does-not-render", "migrations/env.py")


@pytest.mark.parametrize("base", ["nothing", "--upload-pack=x", "-h", "$(id)", "main:"])
def test_a_base_that_is_none(tree: Repository, base: str) -> None:
    with pytest.raises(AlembicExtError, match="git does not know the commit"):
        tree.history(base)


def test_no_repository(tree: Repository, tmp_path: Path) -> None:
    (tree.folder / ".git").rename(tmp_path / "gone")

    with pytest.raises(AlembicExtError, match="this is not a git repository"):
        tree.history("main")


def test_a_broken_history(tree: Repository) -> None:
    tree.revision("cc", "missing")

    answer = tree.alembic_ext("check", "--static", code=2)

    assert "missing" in answer.stdout
    assert "Traceback" not in answer.text


COMMANDS = (
    "check --static", "check --static --base main", "test", "lint", "report", "deploy", "deploy --sql", "status",
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_a_revision_in_the_middle_is_gone(tree: Repository, words: str) -> None:
    tree.revision("cc", "bb")
    (tree.folder / "migrations" / "versions" / "bb.py").unlink()

    answer = tree.alembic_ext(*words.split(), code=2)

    assert "there is no revision bb, which down_revision of cc names" in answer.text
    assert "versions/cc.py:9" in answer.text
    assert "bring the file of bb back, or correct down_revision" in answer.text.replace("\\_", "_")
    assert "KeyError" not in answer.text


def test_revisions_that_do_not_fit_together(tree: Repository) -> None:
    def said() -> str:
        with pytest.raises(AlembicExtError) as error:
            tree.history()
        return str(error.value)

    copy = tree.folder / "migrations" / "versions" / "copy.py"
    copy.write_text((copy.parent / "bb.py").read_text())
    assert "two files hold revision bb: " in said()
    assert "copy.py" in said()
    copy.unlink()

    path = tree.revision("cc", "bb", depends="nowhere")
    assert "there is no revision nowhere, which depends_on of cc names" in said()
    assert "cc.py:11)" in said()

    edit(path, "depends_on = 'nowhere'", "import os\nos.environ['NOWHERE']")
    with pytest.raises(KeyError, match="NOWHERE"):
        tree.history()
    path.unlink()

    edit(copy.parent / "aa.py", "down_revision = None", "down_revision = ('bb',)")
    assert "Cycle is detected in revisions (aa, bb)" in said()
