"""`alembic-ext report`: the page for a reviewer, on a real branch."""

from __future__ import annotations

import re
from collections.abc import Callable

from alembic_ext.check.changes import label
from alembic_ext.model import Address
from alembic_ext.operations.kept import RESTORE, save
from tests.pipeline.cli.conftest import Repository

MODELS = """\
from sqlalchemy import Column, Index, Integer, MetaData, String, Table
from alembic_ext import View, register

metadata = MetaData()
account = Table("account", metadata, Column("id", Integer, primary_key=True), Column("email", String(50)))
other = Table("other", metadata, Column("id", Integer, primary_key=True))
register(metadata, View("active", "SELECT id, email FROM account WHERE id > 0"), View("far", "SELECT * FROM active"))
"""
MORE = """\
from sqlalchemy import Column, Index, Integer, MetaData, String, Table
from alembic_ext import View, register

metadata = MetaData()
account = Table("account", metadata, Column("id", Integer, primary_key=True), Column("email", String(80)),
                Index("ix_email", "email"))
other = Table("other", metadata, Column("id", Integer, primary_key=True))
register(metadata, View("active", "SELECT id, email FROM account WHERE id > 0"), View("far", "SELECT * FROM active"),
         View("```\\n@everyone", "SELECT id AS \\"::error::x\\" FROM other", comment="<b>password=geheim</b>"))
"""
LATER = MORE.replace("String(80)", "String(100)")  # longer: within a second Python compares sizes


def test_a_page_for_a_branch(repository: Callable[..., Repository], server_url: str, database: str) -> None:
    shop = repository(MODELS)
    shop.project.revise()
    shop.project.alembic("upgrade", "head")
    shop.commit()
    shop.git("checkout", "-q", "-b", "work")
    words = ("report", "--base", "main", "--dev-url", server_url)
    assert "### No new revisions" in shop.alembic_ext(*words).stdout

    shop.project.declare(MORE)
    shop.project.alembic("revision", "--autogenerate", "-m", "see @team and #1", "--rev-id", "more")
    shop.project.declare(LATER)
    comment, sarif = shop.folder / "comment.md", shop.folder / "out.sarif"
    answer = shop.alembic_ext(
        *words, "--comment", str(comment), "--format", "markdown", "--format", f"sarif={sarif}", code=1
    )

    page = answer.stdout
    assert comment.read_text() == page
    assert (
        "**CK101 models-differ** table account is not the same in the history and the models: change column email"
        in page
    )
    assert "#### more: see @&#8203;team and \\#&#8203;1" in page
    assert "### Changed objects: 1 added, 1 changed" in page
    assert "view active is not the same" not in page
    assert "1 of 1 tests passed." in page
    assert "+    email character varying(80)" in page
    assert "+CREATE INDEX ix_email ON public.account USING btree (email);" in page
    assert "ALTER TABLE account ALTER COLUMN email TYPE VARCHAR(80);" in page
    assert "geheim" not in page
    assert not re.search(r"^\s*::", page, re.MULTILINE)
    assert "@everyone" not in re.sub(r"(`{3,}).*?^\1", "", page, flags=re.MULTILINE | re.DOTALL)  # only in fences
    (mermaid,) = re.findall(r"```mermaid\n(.*?)\n```", page, re.DOTALL)
    nodes = dict(re.findall(r'(n\d+)\["([^"]*)"\]', mermaid))
    assert set(nodes.values()) == {
        "view public.active",
        "table public.account",
        "table public.other",
        "view public.#34;#96;#96;#96;#10;#64;everyone#34;",
    }
    assert re.search(r"n\d+ --> n\d+", mermaid)
    assert sarif.stat().st_size

    short = shop.alembic_ext(*words, "--no-sandbox", code=0).stdout
    assert "Changed objects" not in short
    shop.revision(
        "broken", "more", up="op.execute('SELECT nothing FROM nowhere')", down_body="raise NotImplementedError"
    )
    broken = shop.alembic_ext(*words, code=1).stdout
    assert "TS10" not in broken
    assert "**CK109 revision-fails** revision broken cannot be run" in broken
    assert "there is none: it raises NotImplementedError" in broken


def test_labels_of_a_diagram() -> None:
    assert label('view "a"]; x["') == "view #34;a#34;#93;#59; x#91;#34;"
    assert label("`<b>`\n%% click") == "#96;#60;b#62;#96;#10;#37;#37; click"
    assert len(label("x" * 500)) < 120


def test_without_a_base(repository: Callable[..., Repository], server_url: str) -> None:
    """The page is about all revisions, lint about the newest: that is said. What only keeps grants is told in a line."""
    shop = repository()
    shop.revision("one", up='op.execute("CREATE TABLE t (a int)")', down_body='op.execute("DROP TABLE t")')
    noted = save([("pg_class", "relowner", Address("table", ("public", "t")))])
    shop.revision("two", "one", up=f"op.execute({noted!r})\n    op.execute({RESTORE!r})")

    page = shop.alembic_ext("report", "--dev-url", server_url, code=None).stdout

    assert "### What the newest revision (two) does to a database in use" in page
    assert "-- notes the owners, grants and comments of what is made again below" in page
    assert "-- gives back the owners, grants and comments" in page
    assert "set\\_config" not in page
    assert "jsonb" not in page
