"""A new kind is one new file: that which CONTRIBUTING.md walks through, taken from a copy of the package and put back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.life import execute
from tests.pgdump import Dump
from tests.project import ROOT, Project

BLOCK = re.compile(r"^<!-- (\S+) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = dict(BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
KIND, EXAMPLES = "alembic_ext/kinds/conversion.py", "tests/contract/edits/conversion.py"
CONVERSION = """
CREATE CONVERSION from_latin FOR 'LATIN1' TO 'UTF8' FROM decode;
COMMENT ON CONVERSION from_latin IS 'old files';
ALTER CONVERSION from_latin OWNER TO pg_monitor;
"""
FUNCTION = """
CREATE FUNCTION decode(src integer, integer, cstring, internal, integer, boolean) RETURNS integer
  LANGUAGE c STRICT AS '$libdir/utf8_and_iso8859_1', 'iso8859_1_to_utf8';
"""
RENAMED = FUNCTION.replace("src", "source")


def models(sql: str) -> str:
    return f"import sqlalchemy as sa\nfrom alembic_ext import register\n\nmetadata = sa.MetaData()\nregister(metadata, {sql!r})\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package that has no conversions."""
    folder = tmp_path / "copy"
    shutil.copytree(ROOT / "alembic_ext", folder / "alembic_ext", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / KIND).unlink()
    return folder


def conversions(url: str) -> list[tuple[object, ...]]:
    return execute(
        url,
        "SELECT conname::text, condefault, obj_description(oid), conowner::regrole::text FROM pg_conversion WHERE oid >= 16384",
    )


def test_the_page_shows_the_files() -> None:
    assert {file: (ROOT / file).read_text("utf-8") for file in (KIND, EXAMPLES)} == SHOWN


def test_a_project_uses_it(project: Callable[..., Project], dump: Callable[..., Dump], copy: Path) -> None:
    (copy / KIND).write_text(SHOWN[KIND], "utf-8")
    path, shop = str(copy), project(models(CONVERSION + FUNCTION))

    def revise() -> str:
        shop.alembic("revision", "--autogenerate", "-m", "change", PYTHONPATH=path)
        shop.alembic("upgrade", "head", bare=True)
        assert "No new upgrade operations detected." in shop.alembic("check", PYTHONPATH=path).text
        return shop.revisions()[-1].read_text()

    created = revise()

    assert created.index("# create function decode(") < created.index("# create conversion from_latin")
    assert conversions(shop.url) == [("from_latin", False, "old files", "pg_monitor")]

    before = dump(shop.url)
    shop.declare(models(RENAMED + CONVERSION.replace("CREATE", "CREATE DEFAULT", 1)))
    changed = revise()

    assert changed.index("DROP CONVERSION from_latin") < changed.index("DROP FUNCTION decode(")
    assert conversions(shop.url) == [("from_latin", True, "old files", "pg_monitor")]

    shop.alembic("downgrade", "-1", bare=True)

    assert dump(shop.url) == before

    shop.alembic("upgrade", "head", bare=True)
    shop.declare(models(RENAMED))

    assert "# drop conversion from_latin" in revise()
    assert conversions(shop.url) == []


def test_without_it_the_error_says_so(project: Callable[..., Project], copy: Path) -> None:
    shop = project(models(CONVERSION))

    answer = shop.alembic("revision", "--autogenerate", "-m", "change", code=255, PYTHONPATH=str(copy))

    assert "CREATE CONVERSION from_latin" in answer.text
    assert "not supported yet" in answer.text
    assert "write it in a revision by hand" in answer.text
    assert shop.revisions() == []
