"""`alembic-ext drift` as it is typed: real projects, real processes, a real production."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alembic_ext import redact
from alembic_ext.commands._failures import failure
from alembic_ext.commands._ground import Where
from alembic_ext.drift import Options, drift
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Report
from alembic_ext.project import find
from tests.pipeline.cli.conftest import run as alembic_ext
from tests.pipeline.drift.conftest import run
from tests.project import Project

REVISION = """\
from alembic import op

revision = {name!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade():
    for statement in {up!r}:
        op.execute(statement)


def downgrade():
    pass
"""
FIRST = (
    "CREATE TABLE person (id int PRIMARY KEY, name varchar(20) CHECK (name IN ('a', 'b')))",
    "CREATE VIEW named AS SELECT id, name FROM person WHERE name IN ('a', 'b')",
    "CREATE TYPE mood AS ENUM ('sad')",
)
MODELS = "from sqlalchemy import MetaData\nmetadata = MetaData()\n"


class Shop:
    """A project with revisions and its production."""

    def __init__(self, project: Project, server: str) -> None:
        self.project, self.server = project, server

    def revision(
        self, name: str, down: Any = None, up: tuple[str, ...] = (), labels: Any = None, depends: Any = None
    ) -> None:
        path = self.project.folder / "migrations" / "versions" / f"{name}.py"
        path.write_text(REVISION.format(name=name, down=down, up=list(up), labels=labels, depends=depends))

    def typed(self, *words: str, code: int, **environment: str) -> dict[str, Any]:
        """The report of a real process."""
        given = ("drift", "--dev-url", self.server, "--format", "json", *words)
        report: dict[str, Any] = json.loads(alembic_ext(self.project.folder, *given, code=code, **environment).stdout)
        return report

    def drift(self, revision: str = "", *, code: int | None = None, **how: Any) -> dict[str, Any]:
        """The same in this process."""
        os.chdir(self.project.folder)
        found = find()
        try:
            options = replace(found.options(Options), **how)
            report = drift(found, self.project.url, options, Where(self.server).of(found), revision)
        except AlembicExtError as error:
            report = Report("drift", failures=(failure(error),))
        assert code in (None, report.code), report
        return redact.value(report.as_json())

    def found(self, *words: str, **how: Any) -> list[tuple[str, str]]:
        report = self.drift(*words, **how)
        assert not report["failures"], report["failures"]
        return [(one["slug"], one["object"]) for one in report["findings"]]

    def failure(self, *words: str, code: int = 2, **how: Any) -> str:
        (failure,) = self.drift(*words, code=code, **how)["failures"]
        return f"{failure['problem']} {failure['server']} {failure['help']}"

    def configure(self, text: str) -> None:
        (self.project.folder / "pyproject.toml").write_text(text)


@pytest.fixture
def shop(project: Callable[..., Project], server_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    monkeypatch.chdir(tmp_path)  # `drift` changes it
    made = Shop(project(MODELS), server_url)
    made.revision("r1", up=FIRST)
    made.revision("r2", "r1", ("CREATE TABLE later (id int)",))
    run(made.project.url, *FIRST, "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    run(made.project.url, "INSERT INTO alembic_version VALUES ('r1')")
    return made


def test_a_life(shop: Shop, tmp_path: Path) -> None:
    report = shop.typed(shop.project.url, code=0)
    assert (report["findings"], report["facts"]["revisions"]) == ([], ["r1"])
    assert report["facts"]["statements"] < 75

    run(shop.project.url, "ALTER TABLE person ADD shoe int", "DROP TYPE mood")
    report = shop.drift(code=1)
    assert [(one["slug"], one["object"]) for one in report["findings"]] == [
        ("changed", "table public.person"), ("missing", "enum public.mood"),
    ] or [one["object"] for one in report["findings"]] == ["enum public.mood", "table public.person"]  # fmt: skip
    text = alembic_ext(shop.project.folder, "drift", shop.project.url, "--dev-url", shop.server, code=1).stdout
    assert "+    shoe integer" in text
    lost = "-- what is lost: the values of column shoe of table public.person"
    assert f"  | {lost}\n  | ALTER TABLE public.person DROP COLUMN shoe;" in text
    (script,) = report["sections"]
    run(shop.project.url, *script["code"].split(";\n")[:-1], script["code"].split(";\n")[-1])
    assert shop.found(code=0) == []
    run(shop.project.url, "CREATE TABLE tmp_1 (id int PRIMARY KEY)")
    (extra,) = shop.drift(code=1)["findings"]
    assert extra["sql"] == "-- what is lost: the rows of table public.tmp_1\nDROP TABLE public.tmp_1;"

    shop.configure(
        '[tool.alembic-ext.drift]\nurl-env = "SHOP_URL"\nignore = [{ object = "table public.tmp_*", what = "extra", '
        'reason = "imports" }, { object = "view nothing", reason = "was once" }]\n'
    )
    report = shop.typed(code=0, SHOP_URL=shop.project.url)
    assert [one["slug"] for one in report["findings"]] == ["unused-ignore"]
    assert report["facts"]["ignored"] == [{"object": "table public.tmp_1", "reason": "imports"}]
    unset = alembic_ext(shop.project.folder, "drift", code=2).text
    assert "error: SHOP_URL is not set\n" in unset
    assert "give the URL" in unset
    shop.configure('[tool.alembic-ext.drift]\nignore = [{ object = "table x" }]\n')
    assert "has no reason" in shop.failure()
    shop.configure('[tool.alembic-ext.drift]\nwithout = ["views"]\n')
    assert "there is no 'views'" in shop.failure()


def test_what_went_through_the_server_twice_is_the_same(shop: Shop) -> None:
    """As after pg_dump and restore: ``varchar IN (…)`` is printed otherwise each time."""
    import psycopg

    with psycopg.connect(shop.project.url, autocommit=True) as there:
        ((text,),) = there.execute("SELECT pg_get_viewdef('named')").fetchall()
        ((check,),) = there.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'person_name_check'"
        ).fetchall()
        there.execute(f"CREATE OR REPLACE VIEW named AS {text}".encode())
        there.execute("ALTER TABLE person DROP CONSTRAINT person_name_check")
        there.execute(f"ALTER TABLE person ADD CONSTRAINT person_name_check {check}".encode())
        assert there.execute("SELECT pg_get_viewdef('named')").fetchall() != [(text,)]
    assert shop.found(code=0) == []


def test_revisions(shop: Shop) -> None:
    url = shop.project.url
    assert shop.found("head") == [("missing", "table public.later")]
    assert shop.found("r1") == []
    assert {slug for slug, _ in shop.found("base")} == {"extra"}
    assert "no revision 'zz'" in shop.failure("zz")

    shop.revision("b1", up=("CREATE TABLE beside (id int)",), labels=("side",), depends="r1")
    assert shop.found("side") == [("missing", "table public.beside")]
    assert "several heads" in shop.failure("head")
    assert len(shop.found("heads")) == 2
    shop.project.alembic("upgrade", "heads")
    report = shop.drift()
    assert not report["findings"]
    assert report["facts"]["revisions"] == ["b1", "r2"]

    run(url, "UPDATE alembic_version SET version_num = 'gone' WHERE version_num = 'r2'")
    assert "production says it is at gone, and this checkout has no such revision" in shop.failure()
    run(url, "CREATE SCHEMA other", "CREATE TABLE other.alembic_version (version_num text)")
    assert "several version tables" in shop.failure()
    run(url, "DROP TABLE public.alembic_version", "DROP SCHEMA other CASCADE")
    assert "no version table" in shop.failure()
    assert shop.found("heads") == []
    run(url, "CREATE TABLE alembic_version (version_num text)")
    assert {slug for slug, _ in shop.found()} == {"extra"}


def test_what_goes_wrong(shop: Shop) -> None:
    (failure,) = shop.typed("postgresql://nobody:s3cret@127.0.0.1:1/nothing", code=3)["failures"]
    assert "cannot connect" in failure["problem"]
    (failure,) = shop.typed("postgresql://a:s3cret@127.0.0.1:1/nothing?nonsense=1", code=2)["failures"]
    assert "s3cret" not in str(failure)
    assert "raise statement-timeout" in shop.failure(statement_timeout="1ms")
    (failure,) = shop.typed(shop.project.url, "--version-table", "ops.versions", code=2)["failures"]
    assert failure["problem"] == "production has no table ops.versions"
    assert failure["help"].startswith("correct it: --version-table, or version-table in [tool.alembic-ext.drift]")
    shop.revision("r1", up=("CREATE TABLE",))
    assert "history cannot be played" in shop.failure()


def test_an_owner_by_another_name_and_secrets(shop: Shop, server_url: str) -> None:
    url = shop.project.url
    run(server_url, "CREATE ROLE shop_owner", "CREATE ROLE shop_other")
    try:
        run(
            url,
            *(f"ALTER {what} OWNER TO shop_owner" for what in ("TABLE person", "VIEW named", "TYPE mood", "TABLE alembic_version")),
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', port '1')",
            "CREATE USER MAPPING FOR shop_other SERVER far OPTIONS (user 'a', password 's3cret')",
        )  # fmt: skip
        report = shop.drift(code=1)
        assert "s3cret" not in json.dumps(report)
        assert {one["object"] for one in report["findings"]} == {
            "extension postgres_fdw", "server far", "user mapping FOR shop_other SERVER far",
        }  # fmt: skip
        assert "password '***'" in json.dumps(report) or "env:" in json.dumps(report)
        run(url, "DROP EXTENSION postgres_fdw CASCADE", "ALTER VIEW named OWNER TO shop_other")
        (one,) = shop.drift(code=1)["findings"]
        assert one["sql"] == "ALTER VIEW public.named OWNER TO shop_owner;"
        assert shop.found(code=0, without=("owner",)) == []
    finally:
        run(url, "DROP OWNED BY shop_owner, shop_other CASCADE")
        run(server_url, "DROP ROLE shop_owner", "DROP ROLE shop_other")
