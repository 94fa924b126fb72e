"""What newcomers stumble over: one clear error, which says what to do next."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.pipeline.cli.conftest import Repository

Make = Callable[..., Repository]
SECRET = """op.execute("COMMENT ON SCHEMA public IS '" + os.environ["FILES_PASSWORD"] + "'")"""
UNSET = "the environment variable FILES_PASSWORD is not set"
ANY = "set FILES_PASSWORD; for a throw-away database any valid value will do"


def test_a_variable_that_is_not_set(repository: Make, server_url: str) -> None:
    """Whatever runs the revision names the variable, the line that reads it, and what to do."""
    shop = repository()
    path = shop.revision("one", up=SECRET)
    path.write_text(path.read_text().replace("import sqlalchemy as sa", "import os"))
    line = path.read_text().splitlines().index(f"    {SECRET}") + 1

    for words in (
        ["check", "--static"],
        ["check", "--from-migrations", "--dev-url", server_url],
        ["test", "--dev-url", server_url],
        ["lint", "--dev-url", server_url],
        ["report", "--dev-url", server_url],
    ):
        findings = shop.report(*words)["findings"]
        assert findings, words
        for found in findings:
            assert found["message"].endswith(f": {UNSET}")
            assert "KeyError" not in found["message"]
            assert (found["file"], found["line"]) == ("migrations/versions/one.py", line), words
            assert found["help"] == ANY

    (failure,) = shop.report("deploy", code=1)["failures"]
    assert failure["problem"] == f"revision one failed and was rolled back; nothing of it is left\n  {UNSET}"
    assert (failure["where"], failure["server"]) == (f"{path}:{line}", "")
    assert failure["help"] == "set it where deploy runs, then deploy again"
    assert UNSET in shop.alembic_ext("deploy", "--dry-run").stdout


@pytest.mark.parametrize("words", ["status", "deploy", "deploy --dry-run", "deploy --sql"])
def test_two_heads_where_one_is_meant(repository: Make, words: str) -> None:
    shop = repository()
    shop.revision("aa")
    shop.revision("b1", "aa")
    shop.revision("b2", "aa")

    answer = shop.alembic_ext(*words.split(), code=2)
    assert "error: there are 2 heads, and 'head' means one: b1 (b1.py), b2 (b2.py)" in answer.text
    assert 'help: join them with alembic merge heads -m "…"; or name one of them, or all: heads' in answer.text


def test_two_heads_are_named_where_the_models_cannot_be_compared(repository: Make) -> None:
    shop = repository()
    for name, down in (("aa", None), ("b1", "aa"), ("b2", "aa")):
        shop.revision(name, down)

    report = shop.report("check", code=2)
    assert [one["message"] for one in report["findings"]] == ["there are 2 heads: b1 (b1.py), b2 (b2.py)"]
    assert "Target database is not up to date" in report["failures"][0]["problem"]
    assert report["failures"][0]["help"].startswith("upgrade it first: alembic upgrade heads")


def test_a_target_that_is_not_there(repository: Make) -> None:
    shop = repository()
    shop.revision("first")

    for words in (("deploy", "frist"), ("status", "frist"), ("deploy", "--sql", "frist")):
        said = shop.alembic_ext(*words, code=2).text
        assert "error: there is no revision 'frist'" in said
        assert "help: did you mean 'first'? alembic history lists" in said


def test_nothing_to_look_at(repository: Make, server_url: str) -> None:
    """No revision at all is not the same as revisions in which nothing was found."""
    shop = repository()
    server = ("--dev-url", server_url)
    assert shop.alembic_ext("test", *server).stdout == "test: there is no revision yet\n"
    assert shop.alembic_ext("lint", *server).stdout == "lint: there is no revision yet\n"
    assert shop.alembic_ext("check", "--static").stdout == "check: nothing found; there is no revision yet\n"
    shop.revision("one")
    shop.commit()
    assert (
        shop.alembic_ext("test", "--base", "HEAD", *server).stdout == "test: no revision to test that is not in HEAD\n"
    )
    assert shop.alembic_ext("lint", "--since", "one", *server).stdout == "lint: no revision to judge above one\n"


def test_a_database_that_is_not_there(repository: Make) -> None:
    """Every command says where it was asked for, the server's words and what to check."""
    shop = repository()
    shop.revision("one")
    name = urlsplit(shop.project.url).path
    shop.project.edit(shop.folder / "alembic.ini", f"{name}?", "/nowhere?")

    for words in (("status",), ("check",), ("deploy",), ("deploy", "--dry-run")):
        (failure,) = shop.report(*words, code=3)["failures"]
        assert failure["problem"] == "cannot connect to the database"
        assert 'database "nowhere" does not exist' in failure["server"]
        assert failure["help"] == "check the URL, the network and the role"
        assert "env.py:" in failure["where"]
