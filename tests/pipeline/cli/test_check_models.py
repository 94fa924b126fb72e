"""`alembic-ext check` against a real database: what it finds, where its output goes, and its exit codes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.pipeline.cli.conftest import Repository

Make = Callable[..., Repository]
LONG = bool(os.environ.get("LONG"))
"""Every way instead of one."""

BEFORE = """\
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text
from alembic_ext import Function, View, register

metadata = MetaData()
account = Table("account", metadata, Column("id", Integer, primary_key=True), Column("email", String(50)),
                Column("old", Integer), Index("ix_old", "old"))
gone = Table("gone", metadata, Column("id", Integer, primary_key=True), Index("ix_gone", "id"))
register(metadata, View("active", "SELECT id, email FROM account WHERE id > 0"), View("goes", "SELECT 1 AS x"))
"""
AFTER = """\
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text
from alembic_ext import Function, View, register

metadata = MetaData()
account = Table("account", metadata, Column("id", Integer, primary_key=True), Column("email", String(80)),
                Column("note", Text), Index("ix_note", "note"))
other = Table("other", metadata, Column("id", ForeignKey("account.id"), primary_key=True), Index("ix_other", "id"))
register(
    metadata,
    View("active", "SELECT id, email, note FROM account WHERE id > 0", comment="with notes"),
    Function("f()", returns="int", language="sql", body="select 1"),
)
"""
ACTIVE = """\
--- database: view active
+++ models: view active
@@ -1,5 +1,6 @@
 CREATE VIEW public.active AS
  SELECT id,
-    email
+    email,
+    note
    FROM public.account
   WHERE (id > 0);"""
ACCOUNT = """\
--- database: table account
+++ models: table account
@@ -1,3 +1,3 @@
-CREATE INDEX ix_old ON account (old);
-ALTER TABLE account ALTER COLUMN email TYPE VARCHAR(50);
-ALTER TABLE account ADD COLUMN old INTEGER;
+ALTER TABLE account ADD COLUMN note TEXT;
+ALTER TABLE account ALTER COLUMN email TYPE VARCHAR(80);
+CREATE INDEX ix_note ON account (note);"""


def test_models_and_a_database(repository: Make) -> None:
    shop = repository(BEFORE)
    shop.project.edit(
        shop.project.env, "from alembic import context", "print('env.py speaks')\nfrom alembic import context"
    )
    shop.project.revise()

    behind = shop.alembic_ext("check", code=2)
    assert "Target database is not up to date" in behind.stdout
    assert "help: upgrade it first: alembic upgrade heads" in behind.stdout
    shop.project.alembic("upgrade", "head")
    clean = shop.alembic_ext("check", "--format", "json")
    assert json.loads(clean.stdout)["exit_code"] == 0  # what env.py prints is not there
    assert "env.py speaks" in clean.stderr

    shop.project.declare(AFTER)
    files = {name: shop.folder / f"out.{name}" for name in ("json", "sarif", "xml", "md")}
    words = (
        "--format",
        f"sarif={files['sarif']}",
        "--format",
        f"junit={files['xml']}",
        "--format",
        f"markdown={files['md']}",
    )
    answer = shop.alembic_ext("check", *words, "--format", "json", "--output", str(files["json"]), "--color", code=1)

    assert "\x1b[32m+    note\x1b[0m" in answer.stdout
    assert all(path.stat().st_size for path in files.values())
    found = {one["object"]: one for one in json.loads(files["json"].read_text())["findings"]}
    assert {name: one["message"].partition(" is ")[2] for name, one in found.items()} == {
        "view goes": "in the database and not in the models",
        "table gone": "in the database and not in the models",
        "table other": "in the models and not in the database",
        "table account": "not the same in the database and the models: add column note, change column email, "
        "drop index ix_old, add index ix_note, drop column old",
        "view active": "not the same in the database and the models",
        "comment on view active": "in the models and not in the database",
        "function f()": "in the models and not in the database",
    }
    assert found["view active"]["diff"] == ACTIVE
    assert sorted(found["table account"]["diff"].replace('"old"', "old").splitlines()) == sorted(ACCOUNT.splitlines())
    assert (found["view active"]["file"], found["view active"]["line"]) == ("models.py", 10)
    assert found["comment on view active"]["diff"].splitlines()[-1] == "+COMMENT ON VIEW public.active IS 'with notes';"


def test_a_project_that_declares_no_entities(repository: Make, database: str) -> None:
    shop = repository("from sqlalchemy import *\nmetadata = MetaData()\nTable('t', metadata, Column('id', Integer))\n")

    assert "table t is in the models" in shop.alembic_ext("check", code=1).stdout
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE t (id integer); CREATE VIEW nobody_knows AS SELECT 1 AS x")
    assert shop.alembic_ext("check").stdout == "check: nothing found\n"


def test_a_database_that_does_not_answer(repository: Make, database: str) -> None:
    secret = "postgresql://shop:geh%40im@127.0.0.1:1/shop"
    shop = repository(url=secret)

    nowhere = shop.alembic_ext("check", "--format", "json", "--traceback", code=3)
    (failure,) = json.loads(nowhere.stdout)["failures"]
    assert failure["problem"] == "cannot connect to the database"
    assert failure["server"]
    assert failure["where"].partition(":")[0].endswith("env.py")
    shop.project.edit(shop.folder / "alembic.ini", "postgresql+psycopg://shop:geh%%40im@127.0.0.1:1/shop",
                      database.replace("postgresql:", "postgresql+psycopg:").replace("test_1", "nowhere").replace("%", "%%"))  # fmt: skip
    assert "nowhere" in shop.alembic_ext("check", code=3).stdout
    shop.project.edit(
        shop.project.env, "from alembic import context", "raise RuntimeError(__import__('os').environ['WORD'])"
    )
    raised = shop.alembic_ext("check", code=2, WORD="postgresql://u:geheim@h/d and password=geheim")
    assert "RuntimeError: postgresql://u:***@h/d and password=***" in raised.stdout
    assert "env.py" in raised.stdout
    assert "Traceback" not in raised.text


def test_what_is_asked_for_wrongly(repository: Make, tmp_path: Path) -> None:
    shop = repository(url="postgresql://nobody@127.0.0.1:1/nothing")
    cases = {
        ("check", "--format", "pdf"): "there is no format 'pdf'",
        ("chek",): "there is no command 'chek': did you mean 'check'?",
        ("check", "--static", "--from-migrations"): "exclude each other",
        ("check", "-c", "no.ini"): "there is no file 'no.ini'",
        ("check", "--project", "nothing/*"): "no Alembic project matches 'nothing/*'",
        ("check", "--static", "--output", "/nowhere/x.json"): "/nowhere/x.json cannot be written",
        ("check", "--format", "json", "--format", "sarif", "--output", "x"): "--output takes one format",
    }
    for words, said in cases.items():
        assert said in shop.alembic_ext(*words, code=2).text, words
    elsewhere = Repository(tmp_path, shop.project)
    assert "there is no Alembic project here" in elsewhere.alembic_ext("check", code=2).stdout
    named = elsewhere.alembic_ext(
        "check", "--static", "-c", str(shop.folder / "alembic.ini"), ALEMBIC_CONFIG="nothing", code=None
    )
    assert named.code in (0, 2)


def test_where_a_project_is(repository: Make) -> None:
    """A section of alembic.ini, and pyproject.toml alone, as Alembic finds both."""
    shop = repository(url="postgresql://nobody@127.0.0.1:1/nothing")
    shop.revision("one")
    ini = shop.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("[alembic]", "[billing]", 1))
    count = "check", "--static"
    assert shop.report(*count, "-n", "billing", code=0)["facts"]["revisions"] == 1
    said = shop.alembic_ext(*count, "-n", "biling", code=2).stdout
    assert "there is no section 'biling' (alembic.ini)\n  help: did you mean 'billing'? its sections are" in said
    ini.unlink()
    (shop.folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/migrations"\n\n[tool.alembic-ext.check]\nsql = "never"\n'
    )
    assert shop.report(*count, code=0)["facts"]["revisions"] == 1
    assert shop.report(*count, "-c", "pyproject.toml", code=0)["facts"]["revisions"] == 1


def test_models_and_the_history(repository: Make, server_url: str) -> None:
    """No database of the project's is there: what the revisions give is made in a sandbox."""
    shop = repository(BEFORE, url=server_url)
    shop.project.revise()
    nowhere = server_url.replace("/postgres", "/nowhere", 1)
    shop.project.edit(shop.folder / "alembic.ini", server_url.partition(":")[2].replace("%", "%%"), nowhere.partition(":")[2].replace("%", "%%"))  # fmt: skip
    for words in (["-x", "tenant=a", "-c", "alembic.ini"], ["--dev-url", server_url])[: 2 if LONG else 1]:
        assert shop.alembic_ext("check", "--from-migrations", *words).stdout == "check: nothing found\n"

    shop.project.declare(AFTER)
    report = shop.report("check", "--from-migrations", "--dev-url", server_url, code=1)
    assert {finding["object"] for finding in report["findings"]} == {
        "view goes", "table gone", "table other", "table account", "view active", "comment on view active", "function f()",
    }  # fmt: skip
    assert "history: view active" in report["findings"][0]["diff"] + report["findings"][-1]["diff"] + str(report)

    head = shop.project.revisions()[-1].stem.partition("_")[0]
    shop.revision("broken", head, up="op.execute('SELECT nothing FROM nowhere')")
    (finding,) = shop.report("check", "--from-migrations", "--dev-url", server_url, code=1)["findings"]
    assert (finding["slug"], finding["file"], finding["line"]) == (
        "revision-fails",
        "migrations/versions/broken.py",
        15,
    )
    assert 'relation "nowhere" does not exist' in finding["message"]

    with shop.project.env.open("a") as env:  # no revision has run: that is no finding
        env.write("\nraise ValueError('no settings')\n")
    report = shop.report("check", "--from-migrations", "--dev-url", server_url, code=2)
    assert (report["findings"], [one["problem"] for one in report["failures"]]) == ([], ["env.py failed: no settings"])
    assert report["failures"][0]["where"].endswith(
        "migrations/env.py:" + str(len(shop.project.env.read_text().splitlines()))
    )
    assert "--dev-url and --dev-on-server exclude" in shop.alembic_ext("check", "--from-migrations", "--dev-url", "x", "--dev-on-server", code=2).stderr  # fmt: skip


def test_models_that_cannot_be_created(repository: Make, database: str) -> None:
    """Every command says the same of them, wherever they are compared; what the project raises is said as such."""
    shop = repository("from sqlalchemy import MetaData\nfrom alembic_ext import View, register\n\nmetadata = MetaData()\n"
                      "register(metadata, View('x', 'SELECT id FROM nowhere'))\n")  # fmt: skip
    shop.commit()
    server = ("--dev-url", database)
    (failure,) = shop.report("check", code=2)["failures"]
    assert (failure["problem"], failure["where"]) == ("view x cannot be created", "models.py:5")
    assert 'relation "nowhere" does not exist' in failure["server"]
    assert shop.report("check", "--from-migrations", *server, code=2)["failures"] == [failure]
    assert shop.report("report", "--base", "HEAD", *server, code=2)["failures"] == [failure]
    page = shop.alembic_ext("report", "--base", "HEAD", *server, code=2).stdout
    assert 'relation "nowhere" does not exist' in page
    assert "### No new revisions" in page

    shop.project.edit(shop.project.env, "from models import metadata as target_metadata", "target_metadata = None")
    (found,) = shop.report("report", *server, code=1)["findings"]
    assert (found["slug"], found["file"], found["line"]) == ("no-models", "migrations/env.py", 21)
    (failure,) = shop.report("check", "--from-migrations", *server, code=2)["failures"]
    assert "env.py does not provide a MetaData object" in failure["problem"]
    assert "set target_metadata = Base.metadata in env.py" in failure["help"]


def test_an_async_env_py(repository: Make, database: str) -> None:
    shop = repository(BEFORE, template="async", driver="asyncpg")
    shop.project.revise()
    shop.project.alembic("upgrade", "head")
    shop.project.declare(AFTER)
    for words in ((), ("--from-migrations", "--dev-url", database))[0 if LONG else 1 :]:
        assert "comment on view active is in the models" in shop.alembic_ext("check", *words, code=1).stdout


MULTIDB = """
import sqlalchemy as sa
from alembic_ext import register

shop, blog = sa.MetaData(), sa.MetaData()
metadata = {"engine1": shop, "engine2": blog}
sa.Table("item", shop, sa.Column("id", sa.Integer, primary_key=True))
register(shop, "CREATE VIEW shown AS SELECT id FROM item")
register(blog, "CREATE VIEW shown AS SELECT 2 AS two")
"""


def test_several_databases(repository: Make, new_database: Callable[[], str]) -> None:
    one, two = (url.replace("sql:", "sql+psycopg:") for url in (new_database(), new_database()))
    shop = repository(MULTIDB, url=one.replace("+psycopg", ""), template="multidb")
    shop.project.edit(shop.folder / "alembic.ini", f"{one}2", two)
    server = ("--dev-url", one.replace("+psycopg", ""))
    shop.project.revise()
    shop.project.alembic("upgrade", "head")
    for words in ((), ("--from-migrations", *server))[: 2 if LONG else 1]:
        assert shop.alembic_ext("check", *words).stdout == "check: nothing found\n"
    shop.commit()
    shop.project.declare(MULTIDB.replace("SELECT 2", "SELECT 3").replace("SELECT id", "SELECT id, 1 AS n"))
    for words in ((), ("--from-migrations", *server))[0 if LONG else 1 :]:
        said = shop.alembic_ext("check", *words, code=1).stdout
        assert "view shown of engine1 is not the same" in said
        assert "+++ models: view shown of engine2" in said
    shop.project.revise()
    page = shop.alembic_ext("report", "--base", "main", *server).stdout
    assert not list(shop.folder.glob("*.sql"))  # such an env.py writes its SQL to files
    assert page.count("### Changed objects of ") == 2
