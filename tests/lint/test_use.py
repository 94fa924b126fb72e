"""How the linter is used: what is ignored, what is known, how large tables are, files of SQL, and the manual."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Finding
from alembic_ext.lint import baseline, ignores, statistics
from alembic_ext.lint.manual import document, explained, listed
from alembic_ext.lint.rule import rules
from alembic_ext.lint.told import all_described
from tests.lint.history import Answer, Case, Cases
from tests.project import ROOT

FOUND = "index-not-concurrent"
INDEX = 'op.create_index("ix", "t", ["a"])'
TABLE = "CREATE TABLE t (a int)"


def program(*words: str, folder: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "alembic_ext", *words],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def configure(cases: Cases, text: str) -> None:
    (cases.project.folder / "pyproject.toml").write_text(f"[tool.alembic-ext.lint]\n{text}\n")


def slugs(answer: Answer, number: int) -> list[str]:
    return [one["slug"] for one in answer.of(number)]


# ------------------------------------------------------------------------------------------------------------- ignores

IGNORING = (
    Case(f"{INDEX}  # alembic-ext: ignore[LB101] 12 rows", TABLE),
    Case(f"# alembic-ext: ignore[{FOUND}] 12 rows\n{INDEX}", TABLE),
    Case(
        'op.create_index(\n    "ix",\n    "t",\n    # alembic-ext: ignore[PG101] 12 rows\n    ["a"],\n)',
        TABLE,
    ),
    Case(f"{INDEX}  # alembic-ext: ignore[LB101]", TABLE),
    Case(f"{INDEX}  # alembic-ext: ignore[LB102, LB101] 12 rows", TABLE),
    Case("op.execute('SELECT 1')  # alembic-ext: ignore[LB101, NOPE1] no index here", TABLE),
    Case(f"{INDEX}  # alembic-ext: ignore all of it", TABLE),
    Case(
        'op.execute("""\n    -- alembic-ext: ignore[LB101] 12 rows\n    CREATE INDEX i1 ON t (a);\n'
        '    CREATE INDEX i2 ON t ((a + 1)); -- alembic-ext: ignore[LB101] one more\n'
        '    CREATE INDEX i3 ON t ((a + 2))\n""")',
        TABLE,
    ),
    Case("import helpers\n\nhelpers.index(op)", TABLE),
    Case("import helpers\n\nhelpers.plain(op)  # alembic-ext: ignore[LB101] at the revision's own line", TABLE),
    Case(f"{INDEX}  # alembic-ext: ignore[blocking] the whole group", TABLE),
)  # fmt: skip


def test_ignores(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", IGNORING)
    (cases.project.folder / "helpers.py").write_text(
        "def index(op):\n    op.create_index('ix', 't', ['a'])  # alembic-ext: ignore[LB101] it is known\n\n\n"
        "def plain(op):\n    op.create_index('ix', 't', ['a'])\n"
    )

    said = cases.lint(dev_url=server_url)

    assert [slugs(said, number) for number in range(len(IGNORING))] == [
        [], [], [], ["ignore-without-reason"], ["unused-ignore"], ["unused-ignore", "unused-ignore"],
        [FOUND, "unused-ignore"], [FOUND], [], [], [],
    ]  # fmt: skip
    assert "ignores nothing: LB102 is not found here" in said.of(4)[0]["message"]
    assert "there is no rule 'NOPE1'" in said.of(5)[1]["message"]
    assert "names no rule" in said.of(6)[1]["message"]
    assert said.of(7)[0]["sql"] == "CREATE INDEX i3 ON t ((a + 2))"
    assert {one["line"] - cases.first_line for number in (3, 4, 5) for one in said.of(number)} == {0}
    assert "ignored" in said.report["seen"]


def test_comments_are_read() -> None:
    source = (
        "def upgrade():\n    # alembic-ext: ignore[A]  because\n    # of this\n    op.one(\n        1,\n    )\n"
        "    op.two()  # alembic-ext:ignore[b,c]: why\n    text = '# alembic-ext: ignore[no]'\n"
    )

    found = [(one.names, one.reason, one.line, one.first, one.last) for one in ignores.in_python(source, "x.py")]

    assert found == [(("A",), "because", 2, 4, 6), (("b", "c"), "why", 7, 7, 7)]
    texts = ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert ignores.in_sql(
        "SELECT 1; SELECT 2; -- alembic-ext: ignore[a] x\n/* alembic-ext: ignore[b] y */\nSELECT 3", texts
    ) == [
        ("alembic-ext: ignore[a] x",), ("alembic-ext: ignore[a] x",), ("alembic-ext: ignore[b] y",),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ baseline


def test_a_baseline(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", [Case(INDEX, TABLE), Case(f'op.execute("SELECT 1")\n{INDEX}', TABLE)])
    folder = cases.project.folder
    assert [slugs(cases.lint(dev_url=server_url, code=1), number) for number in (0, 1)] == [[FOUND], [FOUND]]

    written = cases.lint("case_0000", "--write-baseline", "known.json", dev_url=server_url, code=0)
    assert written.report["facts"]["baseline"] == 1
    configure(cases, 'baseline = "known.json"')
    file = folder / "migrations" / "versions" / "case_0000.py"
    file.write_text(file.read_text().replace("def upgrade():\n", "# more\n\n\ndef upgrade():\n    # moved\n\n"))
    said = cases.lint(dev_url=server_url, code=1)

    assert [slugs(said, number) for number in (0, 1)] == [[], [FOUND]]
    assert "1 in the baseline" in said.report["seen"]
    file.write_text(file.read_text().replace('"ix", "t", ["a"]', '"iy", "t", ["a"]'))
    assert slugs(cases.lint(dev_url=server_url, code=1), 0) == [FOUND]


def test_a_baseline_keeps_what_was_not_judged() -> None:
    old, new = (Finding("LB101", FOUND, "m", revision=name, sql="CREATE INDEX") for name in ("a", "b"))
    first = baseline.written([old, old], ["a"], baseline.Counter())
    known = baseline.Counter({baseline.key(old): 2})

    both = baseline.written([new], ["b"], known)

    assert [one["count"] for one in json.loads(first)["findings"]] == [2]
    assert [(one["revision"], one.get("count", 1)) for one in json.loads(both)["findings"]] == [("a", 2), ("b", 1)]
    assert baseline.without([old, old, old, new], known) == [old, new]


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 1}', '{"version": 2}', "x"])
def test_files_that_are_something_else(tmp_path: Path, text: str) -> None:
    file = tmp_path / "file.json"
    file.write_text(text)
    said = []
    for read in (baseline.read, statistics.read):
        with pytest.raises(AlembicExtError) as raised:
            read(file)
        said.append((raised.value.problem, raised.value.server))
        assert raised.value.where == str(file)
        assert "alembic-ext " in raised.value.help
    none = [("this is no baseline of alembic-ext", ""), ("these are no statistics of alembic-ext", "")]
    assert (said == none) == (text not in ("x", '{"version": 2}'))


# ---------------------------------------------------------------------------------------------------------- statistics


def test_sizes_and_settings_of_production(server_url: str, tmp_path: Path) -> None:
    waits = 'op.execute("RESET lock_timeout")\nop.execute("ALTER TABLE t ADD b int")'
    cases = Cases.write(tmp_path / "project", [Case(INDEX, TABLE), Case(waits, TABLE)])
    folder = cases.project.folder
    assert "lock-timeout-missing" in slugs(cases.lint(dev_url=server_url), 1)

    def measured(rows: int, role: str = "nobody") -> Answer:
        made = {
            "version": 1,
            "relations": {"public.t": {"rows": rows, "bytes": 5_000_000_000, "writes_per_second": 2}},
            "settings": [{"role": role, "name": "lock_timeout", "value": "4s"}],
        }
        (folder / "stats.json").write_text(json.dumps(made))
        return cases.lint(dev_url=server_url)

    configure(cases, 'statistics = "stats.json"')
    few, some, many = measured(12), measured(50_000), measured(400_000_000, "another")

    assert [one.of(0)[0]["severity"] for one in (few, some, many)] == ["note", "warning", "error"]
    assert "public.t has 400 million rows (4.7 GB) and 2 writes per second" in many.of(0)[0]["message"]
    assert "lock-timeout-missing" not in slugs(few, 1)
    assert "lock-timeout-missing" in slugs(many, 1)


def test_stats_is_what_lint_reads(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE small (a int); CREATE TABLE whole (a int) PARTITION BY RANGE (a); "
            "CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (100); "
            "INSERT INTO whole SELECT * FROM generate_series(1, 90); ANALYZE; CREATE ROLE stats_migrator"
        )
        name = connection.info.dbname
        connection.execute(f"ALTER ROLE stats_migrator IN DATABASE {name} SET lock_timeout = '3s'")
        connection.execute("ALTER ROLE stats_migrator SET lock_timeout = '9s'")
        try:
            with psycopg.connect(database) as other:
                other.execute("LOCK TABLE small")  # nobody waits for it
                program("stats", database, "--output", "stats.json", folder=tmp_path)
        finally:
            connection.execute(f"ALTER ROLE stats_migrator IN DATABASE {name} RESET ALL")
            connection.execute("DROP ROLE stats_migrator")

    found = statistics.read(tmp_path / "stats.json")

    assert {name: size.rows for name, size in found.sizes.items()} == {
        "public.small": 0, "public.whole": 90, "public.part": 90,
    }  # fmt: skip
    assert [one for one in found.settings if one[0]] == [
        ("stats_migrator", "lock_timeout", "9s"), ("stats_migrator", "lock_timeout", "3s"),
    ]  # fmt: skip
    program("stats", "postgresql://nobody@127.0.0.1:1/nowhere", folder=tmp_path, code=3)


# --------------------------------------------------------------------------------------------------------- files of SQL

SCRIPT = """\
BEGIN;

-- Running upgrade before_0000 -> case_0000

CREATE INDEX ix ON t (a);

-- alembic-ext: ignore[LB101] it is small
CREATE INDEX iy ON t ((a + 1));

UPDATE alembic_version SET version_num='case_0000' WHERE alembic_version.version_num = 'before_0000';

COMMIT;

-- Running upgrade case_0000 -> later

CREATE INDEX CONCURRENTLY iz ON t (a);

ALTER TABLE nowhere ADD a int;

CREATE INDEX iw ON t (a);
"""


def test_a_file_of_sql(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", [Case(INDEX, TABLE)])
    (cases.project.folder / "up.sql").write_text(SCRIPT)

    said = cases.lint("--sql", "up.sql", "--from", "before_0000", dev_url=server_url, code=1)

    found = [(one["line"], one["slug"], one["revision"]) for one in said.report["findings"]]
    assert (5, FOUND, "case_0000") in found, said.report
    assert (20, FOUND, "later") in found
    assert [line for line, slug, _ in found if slug == "upgrade-fails"] == [18]
    assert {line for line, _, _ in found} <= {5, 16, 18, 20}
    assert {one["file"].rpartition("/")[2] for one in said.report["findings"]} == {"up.sql"}


def test_what_alembic_renders(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", ())
    versions = cases.project.folder / "migrations" / "versions"
    head = "from alembic import op\nimport sqlalchemy as sa\n"
    (versions / "one.py").write_text(
        f"{head}revision, down_revision = 'one', None\n\n\ndef upgrade():\n    op.execute('CREATE TABLE t (a int)')\n"
    )
    (versions / "two.py").write_text(f"{head}revision, down_revision = 'two', 'one'\n\n\ndef upgrade():\n    {INDEX}\n")
    whole = cases.project.alembic("upgrade", "head", "--sql").stdout
    (cases.project.folder / "whole.sql").write_text(whole)
    (cases.project.folder / "two.sql").write_text(cases.project.alembic("upgrade", "one:two", "--sql").stdout)

    assert not cases.lint("--sql", "whole.sql", dev_url=server_url).report["findings"]  # the table is new in it
    said = cases.lint("--sql", "two.sql", "--from", "one", dev_url=server_url)
    assert FOUND in {one["slug"] for one in said.report["findings"]}
    assert {one["revision"] for one in said.report["findings"]} == {"two"}
    (said,) = cases.lint("--sql", "two.sql", dev_url=server_url, code=1).report["findings"]
    assert (said["slug"], said["help"][:66]) == (
        "upgrade-fails", "if the file begins above a revision, name it: --from REV; else cor",
    )  # fmt: skip
    program("deploy", "one:two", "--sql", "--output", "ours.sql", folder=cases.project.folder)
    said = cases.lint("--sql", "ours.sql", "--from", "one", dev_url=server_url, code=1)
    assert FOUND in {one["slug"] for one in said.report["findings"]}


def test_env_py_that_fails_is_named(server_url: str, tmp_path: Path) -> None:
    cases = Cases.write(tmp_path / "project", [Case(INDEX, TABLE)])
    cases.project.declare("metadata = 1 / 0\n")
    (failure,) = cases.lint(dev_url=server_url, code=2).report["failures"]
    assert failure["problem"] == "env.py failed: division by zero"
    assert failure["where"].endswith("models.py:1")


def test_the_lines_for_env_py_are_seen(server_url: str, tmp_path: Path) -> None:
    (block,) = re.findall(
        r"```python\n(    connectable = .*?)```", (ROOT / "docs/lint.md").read_text("utf-8"), re.DOTALL
    )
    wait = Case('op.execute("RESET lock_timeout")\nop.add_column("t", sa.Column("b", sa.Integer))', TABLE)
    cases = Cases.write(tmp_path / "project", [wait])
    assert slugs(cases.lint(dev_url=server_url), 0) == ["lock-timeout-missing"]
    env = cases.project.env.read_text()
    begin = env.index("    connectable = ")
    end = env.index("    )\n", begin) + len("    )\n")
    cases.project.env.write_text(env[:begin] + block + env[end:])

    assert slugs(cases.lint(dev_url=server_url), 0) == []


# -------------------------------------------------------------------------------------------------------------- manual


def test_explain_needs_no_project(tmp_path: Path) -> None:
    page = program("lint", "--explain", "pg101", folder=tmp_path)

    assert page.startswith("LB101 index-not-concurrent")
    assert "Instead build it with CONCURRENTLY" in page
    assert INDEX.replace('"t"', '"account"').replace('"a"', '"email"') in page
    assert len(program("lint", "--explain", folder=tmp_path).splitlines()) == len(all_described())
    program("lint", "--explain", "nothing", folder=tmp_path, code=2)
    page = explained("set-not-null")
    assert page.count('op.alter_column("account", "email", nullable=False)') == 2
    assert "CHECK (email IS NOT NULL);" in page.partition("and not here, where this was run before:")[2]


def test_the_manual_has_all_rules() -> None:
    assert len(listed().splitlines()) == len(rules()) + 4
    assert all(explained(rule.slug) for rule in all_described())
    assert (ROOT / "docs" / "lint-rules.md").read_text("utf-8") == document(), (
        "write it anew: python -m alembic_ext.lint > docs/lint-rules.md"
    )


@pytest.mark.parametrize("what", ["baseline", "statistics"])
def test_files_that_cannot_be_read(what: str, tmp_path: Path) -> None:
    from alembic_ext.errors import AlembicExtError

    read: Callable[[Path], Any] = {"baseline": baseline.read, "statistics": statistics.read}[what]
    for text in ("", "[]", '{"version": 2}', '{"version": 1, "findings": 3, "relations": {"a": 1}}'):
        (tmp_path / "file").write_text(text)
        with pytest.raises(AlembicExtError):
            read(tmp_path / "file")
    with pytest.raises(AlembicExtError):
        read(tmp_path / "missing")


# ------------------------------------------------------------------------------------------------------------ messages

PAGES = (
    "CREATE TABLE page (id bigserial PRIMARY KEY, title text, slug text {}); CREATE FUNCTION slugged() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN NEW.slug := lower(NEW.title); RETURN NEW; END';"
    "CREATE TRIGGER slugged {} INSERT ON page FOR EACH ROW EXECUTE FUNCTION slugged()"
)


def test_what_a_trigger_filled(server_url: str, tmp_path: Path) -> None:
    """INSERTs fail where it may have filled a column that is required: that is no loss of which no error tells."""
    setups = [PAGES.format(*how) for how in (("NOT NULL", "BEFORE"), ("", "BEFORE"), ("NOT NULL", "AFTER"))]
    cases = Cases.write(
        tmp_path / "project", [Case('op.execute("DROP TRIGGER slugged ON page")', one) for one in setups]
    )
    answer = cases.lint(dev_url=server_url)

    said = [[one["message"].partition("no longer kept up")[2] for one in answer.of(number)] for number in range(3)]
    silent = ", and no error tells"
    assert said == [[f"{silent}, unless it filled slug: then INSERTs without that fail"], [silent], [silent]]
