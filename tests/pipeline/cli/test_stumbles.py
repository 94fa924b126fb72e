"""What newcomers stumble over: one clear error, which says what to do next."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.pipeline.cli.conftest import Repository, run

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


CONFIGURED = {
    '[check]\nheads = ["frist"]': (
        "check --static",
        "heads in [tool.alembic-ext.check]: there is neither a branch nor a revision 'frist'",
        "did you mean 'first'? alembic history --verbose shows both",
    ),
    '[report]\n[check]\nheads = ["frist"]': (
        "report --no-sandbox",
        "neither a branch nor a revision 'frist'",
        "'first'",
    ),
    'volatile = ["frist"]': (
        "check --from-migrations",
        "volatile in [tool.alembic-ext]: there is no revision 'frist'",
        "did you mean 'first'? alembic history lists them; give the whole id",
    ),
    'baseline = ["base.sql"]': (
        "check --from-migrations",
        "there is no file",
        "correct baseline in [tool.alembic-ext]",
    ),
    "[lint]\nlimit = 0": ("lint", "[tool.alembic-ext.lint] limit: 0 is not positive", "say 1 or more, in seconds"),
    '[deploy]\nlock-timeout = "3"': (
        "deploy",
        "[tool.alembic-ext.deploy] lock-timeout: '3' is not a time",
        "say a number with its unit: 500ms, 3s, 2min, 1h; 0 means no limit",
    ),
}


@pytest.mark.parametrize(("words", "problem", "help"), CONFIGURED.values(), ids=map(repr, CONFIGURED))
def test_a_configuration_that_means_nothing(
    repository: Make, server_url: str, words: str, problem: str, help: str
) -> None:
    shop = repository()
    shop.revision("first")
    text = next(one for one, said in CONFIGURED.items() if said == (words, problem, help))
    tables = text.replace("[", "[tool.alembic-ext.", 1) if text.startswith("[") else f"[tool.alembic-ext]\n{text}"
    tables = tables.replace("\n[check]", "\n[tool.alembic-ext.check]")
    (shop.folder / "pyproject.toml").write_text(tables + "\n")

    given = words.split() + (["--dev-url", server_url] if "--from-migrations" in words else [])
    (failure,) = shop.report(*given, code=2)["failures"]
    assert problem in failure["problem"]
    assert help in failure["help"]


@pytest.mark.parametrize("table", ["tool.alembic_ext", "tool.alembic_ext.check", "alembic-ext", "alembic_ext.lint"])
def test_a_configuration_under_another_name(repository: Make, table: str) -> None:
    shop = repository()
    shop.revision("first")
    (shop.folder / "pyproject.toml").write_text(f"[{table}]\n")

    (failure,) = shop.report("check", "--static", code=2)["failures"]
    assert failure["problem"] == f"[{table.removesuffix('.check').removesuffix('.lint')}] is read by nobody"
    assert failure["help"] == "the table is called [tool.alembic-ext]"


def test_a_configuration_of_several_projects(repository: Make, server_url: str) -> None:
    """What stands above a project may speak of the revisions of others."""
    shop = repository()
    shop.revision("first")
    inner = shop.folder / "inner"
    inner.mkdir()
    for name in ("alembic.ini", "migrations", "models.py"):
        (shop.folder / name).rename(inner / name)
    shop.project.edit(inner / "alembic.ini", str(shop.folder), str(inner))
    (shop.folder / "pyproject.toml").write_text(
        '[tool.alembic-ext]\nvolatile = ["other"]\n[tool.alembic-ext.check]\nheads = ["other"]\n'
    )
    assert run(inner, "check", "--from-migrations", "--dev-url", server_url).stdout == "check: nothing found\n"


def test_a_server_for_throw_away_databases_that_is_none(repository: Make, server_url: str) -> None:
    shop = repository()
    shop.revision("one")
    another = (
        "; or name another server with --dev-url or dev-url in [tool.alembic-ext], or none: then that of alembic-ext"
    )

    def failure(url: str, code: int) -> dict[str, str]:
        (found,) = shop.report("check", "--from-migrations", "--dev-url", url, code=code)["failures"]
        assert another in found["help"]
        return dict(found, help=found["help"].partition(another)[0])

    nobody = failure("postgresql://postgres@127.0.0.1:1/postgres", 3)
    assert nobody["problem"] == "cannot connect to the server for sandboxes"
    assert nobody["help"] == "correct its URL"
    assert failure("nonsense", 2)["help"] == "correct it"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS no_maker")
        connection.execute("CREATE ROLE no_maker LOGIN")
        try:
            poor = failure(make_conninfo(server_url, user="no_maker"), 2)
        finally:
            connection.execute("DROP ROLE no_maker")
    assert poor["server"] == "permission denied to create database"
    assert poor["help"] == "ALTER ROLE no_maker CREATEDB"

    said = shop.alembic_ext("test", "--dev-url", "", code=2).text
    assert "Error: --dev-url is empty: give a URL, or embedded" in said
    for words in (("--dev-url", server_url), ("--static", "--as-role", "x"), ("--dev-on-server",)):
        said = shop.alembic_ext("check", *words, code=2).text
        assert " belongs to --from-migrations: without it nothing runs in a sandbox" in said


def test_a_role_that_may_not(repository: Make) -> None:
    shop = repository()
    shop.revision("one")
    shop.alembic_ext("deploy")
    with psycopg.connect(shop.project.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS no_reader")
        connection.execute("CREATE ROLE no_reader LOGIN")
        try:
            env = shop.folder / "migrations" / "env.py"
            shop.project.edit(
                env,
                "context.run_migrations()",
                "connection.exec_driver_sql('SET ROLE no_reader'); context.run_migrations()",
            )
            (failure,) = shop.report("status", code=2)["failures"]
        finally:
            connection.execute("DROP ROLE no_reader")
    assert failure["server"] == "permission denied for table alembic_version"
    assert failure["help"].startswith("grant the role what it lacks")


def test_a_file_that_is_no_sql(repository: Make, server_url: str) -> None:
    shop = repository()
    shop.revision("one")
    (shop.folder / "release.sql").write_text("BEGIN;\nCREATE TABEL x (a integer);\nCOMMIT;\n")

    (found,) = shop.report("lint", "--sql", "release.sql", "--dev-url", server_url, code=1)["findings"]
    assert found["slug"] == "upgrade-fails"
    assert 'SQL text cannot be read: CREATE TABEL x (a integer);: syntax error at or near "TABEL"' in found["message"]


def test_a_statement_of_alembics_that_fails(repository: Make, server_url: str) -> None:
    """It is shown without the empty line that Alembic writes above it."""
    shop = repository()
    shop.revision("one", up="op.drop_index('nope')")

    for command in ("check --from-migrations", "test"):
        (found,) = shop.report(*command.split(), "--dev-url", server_url, code=1)["findings"]
        assert found["sql"] == "DROP INDEX nope"


def test_a_file_that_cannot_be_written(repository: Make) -> None:
    """Where it is known at once nothing is done; else what was found is seen all the same."""
    shop = repository()
    shop.revision("one")

    said = shop.alembic_ext("check", "--static", "--format", "text", "--format", "json=no/x.json", code=2)
    assert "Error: no/x.json cannot be written: there is no folder no" in said.text
    assert "nothing found" not in said.text
    said = shop.alembic_ext("check", "--static", "--format", "json=migrations", code=2)
    assert said.stdout == "check: nothing found\n"
    assert "error: migrations cannot be written: Is a directory" in said.stderr
