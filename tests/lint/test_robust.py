"""Whatever a revision does: it is said with its line, the others are judged, and no sandbox is left."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.lint.history import AFRESH, Answer, Case, Cases

TABLE = "CREATE TABLE t (a int)"
INDEX = 'op.create_index("ix", "t", ["a"])'
FOUND = "index-not-concurrent"


class Hard(NamedTuple):
    """A revision that is hard to judge, and what is found on its lines, from 0; ``never`` is not found in it."""

    upgrade: str
    found: frozenset[tuple[int, str]]
    setup: str = TABLE
    never: str = ""


HARD = {
    "fails": Hard(
        f'op.execute("ALTER TABLE nowhere ADD a int")\n{INDEX}', frozenset({(0, "upgrade-fails"), (1, FOUND)})
    ),
    "hangs": Hard(f'op.execute("SELECT pg_sleep(600)")\n{INDEX}', frozenset({(0, "upgrade-fails"), (1, FOUND)})),
    "loops": Hard(f"{INDEX}\nwhile True:\n    pass", frozenset({(0, FOUND)})),
    "kills its connection": Hard(
        f'{INDEX}\nop.execute("SELECT pg_terminate_backend(pg_backend_pid())")',
        frozenset({(0, FOUND), (1, "upgrade-fails")}),
    ),
    "needs an extension": Hard(
        f'op.execute("CREATE EXTENSION not_to_be_had")\n{INDEX}', frozenset({(0, "upgrade-fails"), (1, FOUND)})
    ),
    "reads data": Hard(
        f'rows = op.get_bind().execute(sa.text("SELECT a FROM t WHERE a > :a"), {{"a": 1}}).all()\n'
        f"assert rows == []\n{INDEX}",
        frozenset({(2, FOUND)}),
        never="upgrade-fails",
    ),
    "opens its own engine": Hard(
        'own = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")\n'
        "with own.begin() as connection:\n"
        f'    connection.exec_driver_sql("CREATE TABLE elsewhere (a int)")\n{INDEX}',
        frozenset({(1, "own-connection"), (3, FOUND)}),
        never="upgrade-fails",
    ),
    "waits for itself": Hard(
        f'{INDEX}\nwith op.get_bind().engine.connect() as own:\n    own.exec_driver_sql("INSERT INTO t VALUES (1)")',
        frozenset({(0, FOUND), (2, "upgrade-fails")}),
    ),
    "drops a role": Hard(
        f'op.execute("CREATE ROLE lint_robust_gone")\nop.execute("DROP ROLE lint_robust_gone")\n{INDEX}',
        frozenset({(2, FOUND)}),
        never="upgrade-fails",
    ),
    "sets a role": Hard(
        f'op.execute("SET ROLE lint_robust_owner")\n{INDEX}\nop.execute("RESET ROLE")',
        frozenset({(1, FOUND)}),
        f"CREATE ROLE lint_robust_owner; {TABLE}; ALTER TABLE t OWNER TO lint_robust_owner; "
        "GRANT CREATE ON SCHEMA public TO lint_robust_owner",
        "upgrade-fails",
    ),
    "catches an error in its own transaction": Hard(
        "with op.get_context().autocommit_block():\n    op.execute('BEGIN')\n    try:\n"
        "        op.execute('ALTER TABLE nowhere ADD a int')\n    except sa.exc.ProgrammingError:\n        pass\n"
        "    op.execute('ALTER TABLE t ADD b int')",
        frozenset({(3, "upgrade-fails")}),
    ),
    "rolls back": Hard(
        f"op.execute('ROLLBACK')\n{INDEX}",
        frozenset({(0, "commit-in-revision"), (1, FOUND)}),
        f"CREATE SEQUENCE gone; DROP SEQUENCE gone; {TABLE}",
        "object-dropped",
    ),
    "rolls back by Python": Hard(
        f"op.get_bind().connection.rollback()\n{INDEX}",
        frozenset({(1, FOUND)}),
        f"CREATE SEQUENCE gone; DROP SEQUENCE gone; {TABLE}",
        "object-dropped",
    ),
    "catches an error": Hard(
        "try:\n    with op.get_bind().begin_nested():\n"
        '        op.execute("ALTER TABLE nowhere ADD a int")\n'
        f"except sa.exc.ProgrammingError:\n    pass\n{INDEX}",
        frozenset({(5, FOUND)}),
        never="upgrade-fails",
    ),
    "catches an error too late": Hard(
        f'try:\n    op.execute("ALTER TABLE nowhere ADD a int")\nexcept sa.exc.ProgrammingError:\n    pass\n{INDEX}',
        frozenset({(4, FOUND)}),
    ),
    "catches an error at its end": Hard(
        f'{INDEX}\ntry:\n    op.execute("ALTER TABLE nowhere ADD a int")\nexcept sa.exc.ProgrammingError:\n    pass',
        frozenset({(0, FOUND)}),
    ),
    "alters in a batch": Hard(
        'with op.batch_alter_table("t") as batch:\n'
        '    batch.alter_column("a", type_=sa.BigInteger())\n'
        '    batch.create_index("ix", ["a"])',
        frozenset({(1, "type-change-rewrites"), (2, FOUND)}),
    ),
    "uses a module": Hard("import helpers\n\nhelpers.index(op)", frozenset({(-1, FOUND)})),
    "says many at once": Hard(
        "op.execute(\"CREATE INDEX i1 ON t (a); COMMENT ON TABLE t IS 'x'; CREATE INDEX i2 ON t ((a + 1))\")",
        frozenset({(0, FOUND)}),
    ),
    "commits in an autocommit_block": Hard(
        f"with op.get_context().autocommit_block():\n    op.get_bind().commit()\n    {INDEX}",
        frozenset({(0, "upgrade-fails"), (2, FOUND)}),
    ),
    "is in one transaction after that": Hard(
        'op.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")\nop.execute("CREATE POLICY p ON t USING (true)")',
        frozenset(),
        never="row-security-without-policy",
    ),
    "uses the driver's cursor": Hard(
        'op.get_bind().connection.cursor().execute("CREATE INDEX ix ON t (a)")',
        frozenset({(0, FOUND)}),
        never="lock-timeout-missing",
    ),
    "uses it in an autocommit_block": Hard(
        "with op.get_context().autocommit_block():\n"
        "    cursor = op.get_bind().connection.cursor()\n"
        '    cursor.execute(b"CREATE INDEX ix ON t (a)")\n'
        '    cursor.execute("SELECT relname FROM pg_class WHERE oid = %s::regclass", ["ix"])\n'
        "    assert cursor.fetchone() == ('ix',)",
        frozenset({(2, FOUND)}),
        never="upgrade-fails",
    ),
    "gives it many values": Hard(
        "cursor = op.get_bind().connection.cursor()\n"
        'cursor.executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])\n'
        'cursor.execute("SELECT 5 % 3, count(*) FROM t")\n'
        "assert cursor.fetchone() == (2, 2)",
        frozenset(),
        never="upgrade-fails",
    ),
    "is sound": Hard(INDEX, frozenset({(0, FOUND)}), never="upgrade-fails"),
}
ORDER = tuple(HARD)


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname NOT LIKE 'alembic-ext-kept-%'")
        return {name for (name,) in found}


@pytest.fixture(scope="module")
def answer(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cases, Answer]]:
    before = databases(server_url)
    folder = tmp_path_factory.mktemp("robust") / "project"
    cases = Cases.write(folder, [Case(hard.upgrade, hard.setup) for hard in HARD.values()])
    (folder / "pyproject.toml").write_text("[tool.alembic-ext.lint]\nlimit = 3\n")
    (folder / "helpers.py").write_text("def index(op):\n    op.create_index('ix', 't', ['a'])\n")
    yield cases, cases.lint(dev_url=server_url, code=1)
    assert databases(server_url) == before, "a sandbox was left"


@pytest.mark.parametrize("name", HARD)
def test_what_a_revision_does(name: str, answer: tuple[Cases, Answer]) -> None:
    cases, said = answer
    found = said.of(ORDER.index(name))
    lines = {
        (one["line"] - cases.first_line if one["file"].endswith(f"{one['revision']}.py") else -1, one["slug"])
        for one in found
    }

    assert HARD[name].found <= lines, (said.report["failures"], found, said.stderr)
    assert HARD[name].never not in {slug for _, slug in lines}
    assert not said.report["failures"]


def test_what_is_said(answer: tuple[Cases, Answer]) -> None:
    cases, said = answer
    of = {name: list(said.of(number)) for number, name in enumerate(ORDER)}

    (loop,) = [one for one in of["loops"] if one["slug"] == "upgrade-fails"]
    assert loop["line"] - cases.first_line in (1, 2)
    assert "limit of 3 s" in loop["message"]
    assert any("limit of 3 s" in one["message"] for one in of["hangs"])
    (helped,) = [one for one in of["uses a module"] if one["slug"] == FOUND]
    assert (helped["file"].rpartition("/")[2], helped["line"]) == ("helpers.py", 2)
    assert len([one for one in of["says many at once"] if one["slug"] == FOUND]) == 2
    assert all(one["sql"].startswith("CREATE INDEX") for one in of["says many at once"] if one["slug"] == FOUND)
    assert {one["slug"] for one in of["uses the driver's cursor"]} == {FOUND, "own-connection"}
    assert "not analysed" in said.report["seen"]


PLAIN = (
    Case(INDEX, TABLE),
    Case('op.execute("SELECT a FROM t")\nop.create_index("ix2", "t", ["a"])', TABLE),
    Case('op.execute("SELECT a FROM t; CREATE INDEX ix3 ON t (a)")', TABLE),
)
EDITS: dict[str, tuple[dict[str, Any], tuple[str, str] | None]] = {
    "psycopg2": ({"driver": "psycopg2"}, None),
    "async": ({"template": "async", "driver": "asyncpg"}, None),
    "async psycopg": ({"template": "async", "driver": "psycopg"}, None),
    "autocommit": ({}, ("poolclass=pool.NullPool,", 'poolclass=pool.NullPool, isolation_level="AUTOCOMMIT",')),
    "each its own transaction": ({"configure": "transaction_per_migration=True"}, None),
    "no ddl transaction": ({"configure": "transactional_ddl=False"}, None),
}


@pytest.mark.parametrize("how", EDITS)
def test_every_env(how: str, server_url: str, tmp_path: Path) -> None:
    before = databases(server_url)
    words, edit = EDITS[how]
    cases = Cases.write(tmp_path / "project", PLAIN, **words)
    if edit:
        cases.project.edit(cases.project.env, *edit)

    said = cases.lint(dev_url=server_url)

    assert not said.report["failures"], said.stderr
    for number, line in ((0, 0), (1, 1), (2, 0)):
        found = {(one["line"] - cases.first_line, one["slug"]) for one in said.of(number)}
        assert (line, FOUND) in found, said.report
        fails = number == 2 and words.get("driver") == "asyncpg"  # it sends one statement at a time
        assert {one for one in found if one[1] == "upgrade-fails"} == ({(0, "upgrade-fails")} if fails else set())
    assert databases(server_url) == before


def test_several_databases(server_url: str, tmp_path: Path) -> None:
    before = databases(server_url)
    cases = Cases.write(tmp_path / "project", (), template="multidb")
    cases.project.declare(
        "from sqlalchemy import MetaData\n\nmetadata = {name: MetaData() for name in ('engine1', 'engine2')}\n"
    )
    body = textwrap.indent(AFRESH + f"op.get_bind().exec_driver_sql({TABLE!r})", "    ")
    head = "import sqlalchemy as sa\nfrom alembic import op\n\nbranch_labels = depends_on = None\n"
    versions = cases.project.folder / "migrations" / "versions"
    (versions / "before.py").write_text(
        f"{head}revision, down_revision = 'before', None\n\n\ndef upgrade(engine_name):\n{body}\n"
    )
    (versions / "after.py").write_text(
        f"{head}revision, down_revision = 'after', 'before'\n\n\ndef upgrade(engine_name):\n"
        f"    globals()[f'upgrade_{{engine_name}}']()\n\n\ndef upgrade_engine1():\n    {INDEX}\n\n\n"
        "def upgrade_engine2():\n    op.execute('SELECT 1')\n"
    )

    said = cases.lint("after", dev_url=server_url)

    assert not said.report["failures"], said.stderr
    assert [(one["line"], one["slug"]) for one in said.report["findings"] if one["slug"] == FOUND] == [(13, FOUND)]
    assert databases(server_url) == before
