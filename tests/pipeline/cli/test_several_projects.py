"""``--project GLOB``: several projects of one repository, one report and one exit code."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from tests.pipeline.cli.conftest import Repository, Tree

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def test_only_those_that_changed(repository: Callable[..., Repository]) -> None:
    one = repository(url=NOWHERE)
    one.project.edit(one.folder / "alembic.ini", str(one.folder), "%(here)s")
    top = one.folder.parent / "mono"
    for name in ("services/a", "services/b", "other/c"):
        shutil.copytree(one.folder, top / name, ignore=shutil.ignore_patterns(".git"))
    (top / "shared").mkdir()
    (top / "shared" / "models.py").write_text("")
    (top / "services" / "b" / "pyproject.toml").write_text('[tool.alembic-ext]\nwatch = ["../../shared"]\n')
    mono = Tree(top)
    mono.git("init", "-q", "-b", "main")
    mono.commit()
    a = Repository(top / "services" / "a", one.project)
    for name in ("c1", "c2"):
        a.revision(name)

    every = mono.report("check", "--static", "--project", "services/*", "--project", "**/c", code=1)
    assert every["projects"] == ["other/c", "services/a", "services/b"]
    changed = mono.report("check", "--static", "--project", "services/*", "--base", "main", code=1)
    assert changed["projects"] == ["a"]
    assert changed["facts"]["unchanged"] == ["b"]
    (finding,) = [one for one in changed["findings"] if one["slug"] == "unexpected-heads"]
    assert (finding["project"], finding["file"]) == ("a", "services/a/migrations/versions/c2.py")

    (top / "shared" / "models.py").write_text("x = 1")
    (top / "services" / "b" / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    answer = mono.alembic_ext("check", "--static", "--project", "services/*", "--base=main", code=2)
    assert "error CK102 unexpected-heads [a]" in answer.stdout
    assert "error [b]: there is no Alembic project here" in answer.stdout
    assert answer.stdout.endswith("check: could not run in 2 projects\n")
