"""`alembic-ext test` finds downgrades that do not take back what the upgrade did, and only these."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alembic_ext.history import Ground, opened
from tests import forked
from tests.pipeline.stairway.sorts import SORTS, WORLD
from tests.project import ROOT, Project

REVISION = '''"""{id}"""
from alembic import op

revision = {id!r}
down_revision = {down!r}
branch_labels = depends_on = None


def upgrade():
    {up}


def downgrade():
    {back}
'''


@dataclass(frozen=True)
class Step:
    """A revision: what stands in its two functions."""

    id: str
    up: str = "pass"
    back: str = "pass"

    @classmethod
    def sql(cls, id: str, up: str, back: str) -> Step:
        return cls(id, f"op.execute({up!r})", f"op.execute({back!r})")


@dataclass(frozen=True)
class Answer:
    code: int
    report: Mapping[str, Any]
    stderr: str

    def messages(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for finding in self.report["findings"]:
            found.setdefault(finding["revision"], []).append(finding["message"])
        return found

    def outcomes(self) -> dict[str, str]:
        return {case["name"].split()[0]: case["outcome"] for case in self.report["cases"]}


@dataclass(frozen=True)
class Stairs:
    """A project with these revisions, and the command."""

    project: Project
    server_url: str

    def write(self, steps: Sequence[Step]) -> None:
        down = None
        for step in steps:
            text = REVISION.format(id=step.id, down=down, up=step.up, back=step.back)
            (self.project.folder / "migrations" / "versions" / f"{step.id}.py").write_text(text)
            down = step.id

    def test(self, *words: str, code: int | None = 0) -> Answer:
        words = ("test", "--dev-url", self.server_url, "--format", "json", *words)
        path = {"PYTHONPATH": str(ROOT)}
        done = forked.run("alembic_ext", *words, folder=self.project.folder, environment=os.environ | path)
        answer = Answer(done.code, json.loads(done.stdout), done.stderr)
        assert code in (None, answer.code), done.text
        return answer


@pytest.fixture
def tested(project: Callable[..., Project], server_url: str) -> Iterator[Callable[..., Stairs]]:
    def make(steps: Sequence[Step], config: str = "", **how: str) -> Stairs:
        found = Stairs(project("metadata = None", url="postgresql://nobody@127.0.0.1:1/prod", **how), server_url)
        found.write(steps)
        if config:
            (found.project.folder / "pyproject.toml").write_text(config)
        return found

    yield make
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS clerk_of_stairway")


def history(which: str) -> list[Step]:
    first = Step("world", f"op.execute({WORLD!r})", "raise NotImplementedError")
    return [first, *(Step.sql(one.name, one.up, getattr(one, which)) for one in SORTS)]


def test_downgrades_that_take_everything_back_pass(tested: Callable[..., Stairs]) -> None:
    # each revision is taken back again, so that all begin from the same world
    steps = history("right")
    undone = [step for one in steps[1:] for step in (one, Step(f"no_{one.id}", one.back, one.up))]
    answer = tested([steps[0], *undone]).test()

    assert answer.report["findings"] == []
    assert set(answer.outcomes().values()) == {"passed"}
    assert answer.report["facts"]["irreversible"] == 1
    assert len(SORTS) > 30


def test_faulty_downgrades_are_all_found(tested: Callable[..., Stairs]) -> None:
    steps = history("wrong")
    right = {one.name: one.right for one in SORTS}
    undone = [
        step
        for one in steps[1:]
        for step in (one, Step(f"no_{one.id}", f"op.execute({right[one.id]!r})", "raise NotImplementedError"))
    ]
    answer = tested([steps[0], *undone]).test(code=1)

    found = answer.messages()
    assert {
        one.name: found.get(one.name) for one in SORTS if not any(one.says in said for said in found.get(one.name, ()))
    } == {}
    assert found.keys() == {one.name for one in SORTS}
    assert all(finding["diff"] or "fails" in finding["message"] for finding in answer.report["findings"])


def test_a_look_at_what_changed_sees_all_that_changed(tested: Callable[..., Stairs]) -> None:
    """After each step of each sort of revision, reading everything again finds nothing more."""
    world, *some = history("right")
    stairs = tested([world, *(step for one in some for step in (one, Step(f"no_{one.id}", one.back, one.up)))])
    steps = [
        step for one in some for step in (*((way, one.id) for way in ("up", "down", "up")), ("up", f"no_{one.id}"))
    ]
    with opened(Ground(dev_url=stairs.server_url), folder=stairs.project.folder) as played:
        assert played.walk([("up", world.id)]) is None
        played.look()
        for step in steps:
            assert played.walk([step]) is None
            played.look()
            assert played.look(whole=True) == (), step


TABLE = Step.sql("one", "CREATE TABLE t (id int, a text, b text)", "DROP TABLE t")


def test_harmless_traces_are_no_findings(tested: Callable[..., Stairs]) -> None:
    last = Step.sql("last", "ALTER TABLE t DROP a", "ALTER TABLE t ADD a text")
    granted = Step.sql("granted", "GRANT SELECT (b) ON t TO PUBLIC; GRANT SELECT ON t TO PUBLIC",
                       "REVOKE SELECT (b) ON t FROM PUBLIC; REVOKE SELECT ON t FROM PUBLIC")  # fmt: skip
    nothing = Step("nothing")

    assert tested([TABLE, last, granted, nothing]).test().report["findings"] == []


def test_rows_that_do_not_come_back_with_their_view(tested: Callable[..., Stairs]) -> None:
    first = Step.sql("one", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a", "DROP MATERIALIZED VIEW m")
    empty = "DROP MATERIALIZED VIEW m; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a WITH NO DATA"
    (finding,) = tested([first, Step.sql("two", "SELECT 1", empty)]).test(code=1).report["findings"]

    assert finding["message"] == "revision two: the downgrade does not bring back materialized view public.m as it was"
    assert finding["diff"].splitlines()[-1] == "+WITH NO DATA;"


def test_only_what_is_asked_for_is_tested(tested: Callable[..., Stairs]) -> None:
    def faulty(id: str) -> Step:
        return Step.sql(id, f"CREATE TABLE {id} ()", "SELECT 1")

    stairs = tested([faulty("one"), faulty("two"), faulty("three"), faulty("four")])
    assert stairs.test("--since", "two", code=1).outcomes() == {"three": "failed", "four": "failed"}
    assert "no revision 'five'" in stairs.test("--since", "five", code=2).report["failures"][0]["problem"]

    git(stairs.project.folder, "init", "-q")
    git(stairs.project.folder, "add", ".")
    git(stairs.project.folder, "commit", "-qm", "x")
    git(stairs.project.folder, "checkout", "-qb", "new")
    four = stairs.project.folder / "migrations" / "versions" / "four.py"
    four.write_text(four.read_text().replace("SELECT 1", "DROP TABLE four"))
    assert stairs.test("--base", "master").outcomes() == {"four": "passed"}

    config = '[tool.alembic-ext.test]\nminimum-downgrade-revision = "three"'
    (stairs.project.folder / "pyproject.toml").write_text(config)
    answer = stairs.test()
    assert answer.report["facts"] == {
        "revisions": 4,
        "tested": 4,
        "passed": 1,
        "failed": 0,
        "irreversible": 3,
        "skipped": 0,
    }


def git(folder: Path, *words: str) -> None:
    author = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=master"]
    subprocess.run(["git", *author, *words], cwd=folder, check=True)


def test_what_cannot_be_reached_is_skipped(tested: Callable[..., Stairs]) -> None:
    answer = tested([TABLE, Step.sql("two", "SELECT 1/0", ""), Step("three")]).test(code=1)

    assert answer.outcomes() == {"one": "passed", "two": "failed", "three": "skipped"}
    (finding,) = answer.report["findings"]
    assert (finding["slug"], finding["message"]) == (
        "upgrade-fails", "revision two: the upgrade fails: division by zero",
    )  # fmt: skip
    assert (finding["file"].rpartition("/")[2], finding["line"], finding["sql"]) == ("two.py", 10, "SELECT 1/0")


def test_rows_make_revisions_meet_rows(tested: Callable[..., Stairs]) -> None:
    steps = [
        TABLE,
        Step.sql("wider", "ALTER TABLE t ALTER b TYPE int USING b::int", "ALTER TABLE t ALTER b TYPE text"),
        Step.sql("unique", "CREATE UNIQUE INDEX i ON t (id)", "DROP INDEX i"),
        Step.sql("strict", "ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER a DROP NOT NULL"),
    ]
    stairs = tested(steps)
    assert stairs.test().report["findings"] == []

    rows = stairs.project.folder / "tests" / "data"
    rows.mkdir(parents=True)
    (rows / "one.sql").write_text(
        "-- some\nINSERT INTO t VALUES (1, 'a:b %s', '1'); INSERT INTO t VALUES (2, NULL, '2');"
    )
    (finding,) = stairs.test(code=1).report["findings"]
    assert finding["message"].startswith('revision strict: the upgrade fails: column "a" of relation "t" contains null')

    (rows / "one.py").write_text(
        "def rows(connection):\n    connection.exec_driver_sql(\"INSERT INTO t VALUES (1, 'x', 'no')\")\n"
    )
    (rows / "one.sql").unlink()
    (finding,) = stairs.test(code=1).report["findings"]
    assert finding["message"] == 'revision wider: the upgrade fails: invalid input syntax for type integer: "no"'

    (rows / "one.py").write_text("def rows(connection):\n    1 / 0\n")
    (finding,) = stairs.test(code=1).report["findings"]
    assert (finding["slug"], finding["file"]) == ("rows-fail", "tests/data/one.py")
    assert finding["line"] == 2

    for text, line, said in (
        ("INSERT INTO t\nVALUES (1, 'x', '1');\n-- more\nINSERT INTO t VALUES ('one');", 4, "invalid input syntax"),
        ("SELECT 1;\nINSERT t;", 2, 'SQL text cannot be read: INSERT t;: syntax error at or near "t"'),
    ):
        (rows / "one.py").unlink(missing_ok=True)
        (rows / "one.sql").write_text(text)
        (finding,) = stairs.test(code=1).report["findings"]
        assert (finding["slug"], finding["file"], finding["line"]) == ("rows-fail", "tests/data/one.sql", line)
        assert f"cannot be loaded: {said}" in finding["message"]

    (rows / "one.py").write_text("")
    assert "two files hold rows: one.py and one.sql" in stairs.test(code=2).report["failures"][0]["problem"]
    (rows / "one.py").unlink()

    (rows / "one.sql").rename(rows / "on.sql")
    (failure,) = stairs.test(code=2).report["failures"]
    assert failure["problem"] == "there is no revision 'on' for these rows"
    assert failure["where"].endswith("tests/data/on.sql")
    assert failure["help"].startswith("did you mean 'one'? name the file")

    (stairs.project.folder / "pyproject.toml").write_text('[tool.alembic-ext.test]\nrows = "test/data"\n')
    assert "there is no folder 'test/data'" in stairs.test(code=2).report["failures"][0]["problem"]


def test_downgrades_meet_the_rows_too(tested: Callable[..., Stairs]) -> None:
    to_text = Step.sql("two", "ALTER TABLE t ALTER id TYPE text", "ALTER TABLE t ALTER id TYPE int USING id::int")
    stairs = tested([TABLE, to_text, Step.sql("three", "CREATE INDEX i ON t (id)", "DROP INDEX i")])
    rows = stairs.project.folder / "tests" / "data"
    rows.mkdir(parents=True)
    (rows / "two.sql").write_text("INSERT INTO t (id) VALUES ('seven')")

    (finding,) = stairs.test(code=1).report["findings"]

    assert finding["slug"] == "downgrade-fails-with-rows"
    assert finding["revision"] == "two"


def test_branches_and_merges(tested: Callable[..., Stairs]) -> None:
    stairs = tested([TABLE, Step.sql("left", "CREATE TABLE l ()", "DROP TABLE l")])
    versions = stairs.project.folder / "migrations" / "versions"
    right = REVISION.format(
        id="right", down="one", up="op.execute('CREATE TABLE r ()')", back="op.execute('DROP TABLE r')"
    )
    (versions / "right.py").write_text(right)
    (versions / "merged.py").write_text(REVISION.format(id="merged", down=("left", "right"), up="pass", back="pass"))
    other = REVISION.format(
        id="other", down=None, up="op.execute('CREATE TABLE o ()')", back="op.execute('DROP TABLE o')"
    )
    (versions / "other.py").write_text(
        other.replace("branch_labels = depends_on = None", "branch_labels = ('o',); depends_on = 'left'")
    )

    answer = stairs.test()

    assert answer.report["findings"] == []
    assert answer.outcomes() == dict.fromkeys(["one", "left", "right", "merged", "other"], "passed")
    assert list(answer.outcomes()).index("left") < list(answer.outcomes()).index("other")


ADD = "op.execute(\"ALTER TYPE e ADD VALUE 'b'\")"
AUTOCOMMIT = f"with op.get_context().autocommit_block():\n        {ADD}"


@pytest.mark.parametrize(
    "work",
    [
        "with context.begin_transaction():\n            context.run_migrations()",
        "context.get_context()._transaction_per_migration = True\n        with context.begin_transaction():\n            context.run_migrations()",
        "with context.begin_transaction():\n            context.execute('SET LOCAL search_path TO elsewhere, public')\n            context.run_migrations()",
        "with connection.begin():  # external\n            context.run_migrations()",
    ],
    ids=["one", "each", "local", "external"],
)
def test_transactions_of_every_sort(tested: Callable[..., Stairs], work: str) -> None:
    local = "elsewhere" in work
    steps = [
        Step.sql("schema", "CREATE SCHEMA elsewhere", "DROP SCHEMA elsewhere"),
        *([Step.sql("stop", "SELECT 1", "SELECT 1")] if local else []),
        Step.sql("one", f"CREATE TABLE t (id int); COMMENT ON TABLE {'elsewhere.' if local else ''}t IS 'x'", "DROP TABLE t"),
        Step.sql("enum", "CREATE TYPE e AS ENUM ('a')", "DROP TYPE e"),
        Step("value", AUTOCOMMIT if "elsewhere" not in work and "external" not in work else ADD, "raise NotImplementedError"),
        Step.sql("used", "CREATE TABLE u (e e DEFAULT 'b')", "DROP TABLE u"),
    ]  # fmt: skip
    stairs = tested(steps)
    stairs.project.edit(
        stairs.project.env,
        "with context.begin_transaction():\n            context.run_migrations()\n\n\nif",
        f"{work}\n\n\nif",
    )

    answer = stairs.test()

    assert answer.report["findings"] == []
    assert answer.report["facts"]["irreversible"] == 1


def test_several_databases(tested: Callable[..., Stairs]) -> None:
    stairs = tested([], template="multidb")
    stairs.project.declare("metadata = {}")
    text = """
revision = "one"
down_revision = branch_labels = depends_on = None
from alembic import op
def upgrade(engine_name): globals()["upgrade_" + engine_name]()
def downgrade(engine_name): globals()["downgrade_" + engine_name]()
def upgrade_engine1(): op.execute("CREATE TABLE a ()")
def downgrade_engine1(): op.execute("DROP TABLE a")
def upgrade_engine2(): op.execute("CREATE TABLE b ()")
def downgrade_engine2(): BACK
"""
    file = stairs.project.folder / "migrations" / "versions" / "one.py"
    file.write_text(text.replace("BACK", "pass"))
    (finding,) = stairs.test(code=1).report["findings"]
    assert re.fullmatch(r"revision one: the downgrade leaves table public.b in 127.0.0.1:1/prod2", finding["message"])

    file.write_text(text.replace("BACK", 'op.execute("DROP TABLE b")'))
    assert stairs.test().report["findings"] == []
