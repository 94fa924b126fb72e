"""A lock_timeout counts whoever sets it: env.py, in its transaction or for the connection, or the role."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.lint.history import REVISION, Case, Cases

CASE = Case("op.execute('ALTER TABLE t ADD b int')", "RESET lock_timeout; CREATE TABLE t (a int)")
BEGUN = "        with context.begin_transaction():\n"


def found(cases: Cases, url: str) -> list[str]:
    return [one["slug"] for one in cases.lint(dev_url=url).of(0)]


@pytest.mark.parametrize(
    ("old", "new", "slugs"),
    [
        (BEGUN, BEGUN, ["lock-timeout-missing"]),
        (BEGUN, f'{BEGUN}            connection.exec_driver_sql("SET LOCAL lock_timeout = 4000")\n', []),
        ("poolclass=", 'connect_args={"options": "-c lock_timeout=4000"}, poolclass=', []),
        ("poolclass=", 'connect_args={"options": "-c lock_timeout=4000000"}, poolclass=', ["lock-timeout-missing"]),
    ],
    ids=("none", "its transaction", "the connection", "too long"),
)
def test_what_env_py_says(old: str, new: str, slugs: list[str], server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", [CASE])
    text = cases.project.env.read_text()
    assert old in text
    cases.project.env.write_text(text.replace(old, new))

    assert found(cases, server_url) == slugs


def test_what_no_revision_has_is_a_note(server_url: str, tmp_path: Path) -> None:
    others = [CASE, Case("op.execute('ALTER TABLE t DROP a')", CASE.setup)]
    mine = Case(f'op.execute("SET LOCAL lock_timeout = 4000")\n{CASE.upgrade}', CASE.setup)

    for cases, severities in (([CASE, *others], ["note"] * 3), ([CASE, mine], ["warning"])):
        answer = Cases.write(tmp_path / str(len(severities)), cases).lint(dev_url=server_url)
        found = [one for one in answer.report["findings"] if one["slug"] == "lock-timeout-missing"]
        assert [one["severity"] for one in found] == severities


def test_what_older_revisions_have_set_holds_no_more(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", ())
    older = "    op.execute('SET lock_timeout = 4000')\n    op.execute('CREATE TABLE t (a int)')"
    for id, down, upgrade in (("older", None, older), ("newer", "older", f"    {CASE.upgrade}")):
        place = cases.project.folder / "migrations" / "versions" / f"{id}.py"
        place.write_text(REVISION.format(id=id, down=down, upgrade=upgrade))

    alone = cases.lint("newer", dev_url=server_url).report["findings"]
    both = cases.lint("older", "newer", dev_url=server_url).report["findings"]

    assert [one["slug"] for one in alone] == ["lock-timeout-missing"]
    assert both == []


def test_what_the_role_has(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", [CASE])
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS careful")
        connection.execute("CREATE ROLE careful SUPERUSER LOGIN")
        connection.execute("ALTER ROLE careful SET lock_timeout = '4s'")
        try:
            user = urlsplit(server_url).username
            assert user

            assert found(cases, server_url.replace(f"{user}@", "careful@", 1)) == []
        finally:
            connection.execute("DROP ROLE careful")
