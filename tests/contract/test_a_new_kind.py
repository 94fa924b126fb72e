"""A new kind is one new file: the one that CONTRIBUTING.md walks through, taken from there and put beside the others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from alembic_ext import embedded
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


def put(folder: Path, *files: str) -> str:
    """Put blocks of the page where a process looks for modules whose PYTHONPATH is what is given."""
    longer = ""
    for file in files:
        place = folder / Path(file).parent
        place.mkdir(parents=True)
        (folder / file).write_text(SHOWN[file])
        package = ".".join(Path(file).parent.parts)
        longer += f"import {package}\n{package}.__path__.append({str(place)!r})\n"
    start = folder / "start"
    start.mkdir()
    (start / "sitecustomize.py").write_text(longer)
    return os.pathsep.join([str(start), str(ROOT)])


def conversions(url: str) -> list[tuple[object, ...]]:
    return execute(
        url,
        "SELECT conname::text, condefault, obj_description(oid), conowner::regrole::text FROM pg_conversion WHERE oid >= 16384",
    )


def test_a_project_uses_it(project: Callable[..., Project], dump: Callable[..., Dump], tmp_path: Path) -> None:
    path, shop = put(tmp_path / "new", KIND), project(models(CONVERSION + FUNCTION))

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


def test_its_laws_run(server: embedded.Server, tmp_path: Path) -> None:
    path = put(tmp_path / "new", KIND, EXAMPLES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    words = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "tests/contract/test_laws.py",
        "-k",
        "conversion or managed_kind",
    ]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env={**kept, "PYTHONPATH": path, "PG_BIN": str(server.bin)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^3 passed", done.stdout, re.MULTILINE), done.stdout


def test_without_it_the_error_says_so(project: Callable[..., Project]) -> None:
    shop = project(models(CONVERSION))

    answer = shop.alembic("revision", "--autogenerate", "-m", "change", code=255)

    assert "CREATE CONVERSION from_latin" in answer.text
    assert "not supported yet" in answer.text
    assert "write it in a revision by hand" in answer.text
    assert shop.revisions() == []
