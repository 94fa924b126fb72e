"""The usual course: each revision by itself, short waits, retries, and over whatever env.py and driver there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.pipeline.deploy.conftest import Shop

TABLE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))'
COLUMN = 'op.add_column("t", sa.Column("x", sa.Integer))'
SHOW = """
op.execute("CREATE TABLE shown AS SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') "
           "AS statement, current_setting('application_name') AS name, current_query() AS query")
"""
INDEX = (
    'with op.get_context().autocommit_block():\n    op.create_index("t_x", "t", ["x"], postgresql_concurrently=True)'
)


def test_each_revision_is_committed_by_itself(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE)
    made.revision(SHOW)
    made.revision(COLUMN, 'op.execute("SELECT 1 / 0")', doc="wrong")
    ended = made.deploy(code=1, statement_timeout="77s")

    assert made.version == ["0001"]
    assert made.rows("SELECT lock, statement, name FROM shown") == [("300ms", "77s", "alembic-ext deploy 0001")]
    assert made.rows("SELECT query FROM shown")[0].startswith("/* alembic-ext deploy, revision 0001 */")
    assert made.rows("SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0") == ["id"]
    assert [event["revision"] for event in ended.named("done")] == ["0000", "0001"]
    assert "revision 0002 failed and was rolled back" in ended.message
    assert "server: division by zero" in ended.message
    assert ended.events[-1]["applied"] == ["0000", "0001"]
    assert {"sql", "ms", "waited_ms", "transactional", "revision", "at"} <= ended.named("statement")[0].keys()
    assert made.deploy(code=1).named("started")[0]["revisions"] == ["0002"]


def test_one_transaction_is_as_alembic_has_it(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE)
    made.revision('op.execute("SELECT 1 / 0")')
    made.deploy(code=1, single_transaction=True)

    assert made.version == []
    assert made.rows("SELECT to_regclass('t')") == [None]


EXTERNAL = ("    with connectable.connect() as connection:", "    with connectable.begin() as connection:")
LATE = ("        with context.begin_transaction():", "        with connection.begin():")
PER_MIGRATION = (
    "connection=connection,",
    "connection=connection, transaction_per_migration=True, version_table='odd \":x %s name',",
)
AUTOCOMMIT = ("poolclass=pool.NullPool,", 'poolclass=pool.NullPool, isolation_level="AUTOCOMMIT",')


PIECES = {
    "": [],
    "block": [INDEX],
    "commit": ['op.execute("COMMIT")', 'op.create_index("t_x", "t", ["x"], postgresql_concurrently=True)'],
}


@pytest.mark.parametrize(
    ("how", "edit", "block"),
    [
        ({"driver": "psycopg2"}, None, "commit"),
        ({"template": "async", "driver": "asyncpg"}, None, "block"),
        ({}, EXTERNAL, ""),
        ({"driver": "psycopg2"}, LATE, ""),
        ({}, PER_MIGRATION, "block"),
        ({}, AUTOCOMMIT, "block"),
    ],
    ids=["COMMIT as text", "asyncpg", "begin()", "begins late", "per migration", "autocommit"],
)
def test_any_env(shop: Callable[..., Shop], how: dict[str, str], edit: tuple[str, str] | None, block: str) -> None:
    """Whoever begins the transaction, and whatever the driver: two revisions, the second of which fails at its end."""
    made = shop(**how)
    if edit:
        made.project.edit(made.project.env, *edit)
    if edit is PER_MIGRATION:
        made.table = '"odd "":x %s name"'
    text = made.project.env.read_text()
    made.revision(TABLE)
    made.revision(COLUMN, *PIECES[block], 'op.execute("SELECT 1 / 0")')
    partly = bool(block)
    ended = made.deploy(code=5 if partly else 1)

    assert made.version == ["0000"]
    assert made.project.env.read_text() == text
    if partly:
        first, second, _, failed = ended.message.partition("  committed:")[2].splitlines()[1:5]
        assert first.strip().startswith("1. ALTER TABLE t ADD COLUMN x")
        assert second.strip().startswith("2. CREATE INDEX CONCURRENTLY t_x")
        assert failed.strip() == "1. SELECT 1 / 0"
        assert made.comment is not None
        again = made.deploy(code=5)
        assert "did not finish it" in again.message
        assert not again.named("revision")
        made.project.alembic("stamp", "0001")
        made.deploy()
    else:
        assert made.rows("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0") == [1]


def test_half_done_until_it_is_done(shop: Callable[..., Shop]) -> None:
    """What fails outside of a transaction, or was left half done and fails anew, was not "rolled back whole"."""
    made = shop()
    made.revision(TABLE, 'op.execute("INSERT INTO t VALUES (1), (2)")')
    made.revision(
        'with op.get_context().autocommit_block():\n'
        '    op.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_u ON t ((id / 10))")\n'
        '    op.execute("SELECT 1 / (SELECT count(*) FROM t WHERE id = 20)")',
    )  # fmt: skip
    failed = made.deploy(code=5)
    assert "0001 is partly applied" in failed.message
    assert "invalid: public.ix_u on t (nothing is building it)" in failed.message
    made.rows("UPDATE t SET id = 10 WHERE id = 2")
    assert "committed:\n    1. CREATE UNIQUE INDEX" in made.deploy(code=5, repair=True).message
    for _ in range(2):
        again = made.deploy(code=5, repair=True).message
        assert "still there unless somebody has undone it:\n    1. CREATE UNIQUE INDEX CONCURRENTLY ix_u" in again
        assert 'relation "ix_u" already exists' in again
    told = made.deploy(code=5)
    assert "still there unless somebody has undone it:\n    1. CREATE UNIQUE INDEX CONCURRENTLY ix_u" in told.message
    assert not told.named("revision")
    made.rows("DROP INDEX ix_u; UPDATE t SET id = 20 WHERE id = 1")
    made.deploy(repair=True)
    assert (made.version, made.comment) == (["0001"], None)


def test_a_blocker_that_ends(shop: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]) -> None:
    """The whole transaction is rolled back while it waits, then tried again."""
    made = shop()
    made.revision(TABLE)
    made.deploy()
    made.revision('op.execute("CREATE TABLE before AS SELECT 1 AS one")', COLUMN)
    blocker = boss(made)
    blocker.execute("SELECT count(*) FROM t")
    running = made.start(retries=50)
    blocked = running.until("blocked")
    retry = running.until("retry")
    assert blocked["blockers"][0]["pid"] == blocker.info.backend_pid
    assert blocked["blockers"][0]["query"] == "SELECT count(*) FROM t"
    assert retry["blockers"][0]["application"] == "the boss"
    blocker.rollback()
    ended = running.ended()

    assert ended.code == 0, ended.text
    assert ended.named("revision")[-1]["attempt"] > 1
    assert made.version == ["0001"]


def test_a_blocker_that_never_ends(shop: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]) -> None:
    made = shop()
    made.revision(TABLE)
    made.deploy()
    made.revision(COLUMN)
    blocker = boss(made)
    blocker.execute("SELECT count(*) FROM t")
    ended = made.deploy(code=4, retries=2)

    assert len(ended.named("retry")) == 2
    assert f"in the way: process {blocker.info.backend_pid} (postgres, the boss, idle in transaction)" in ended.message
    assert made.version == ["0000"]
    # what has an autocommit_block is not tried again by itself, though nothing of it is committed
    made.revision("pass")
    (made.project.folder / "migrations/versions/r0001.py").unlink()
    made.count = 1
    made.revision(COLUMN, INDEX)
    (made.project.folder / "migrations/versions/r0002.py").unlink()
    ended = made.deploy(code=4, retries=2)
    assert not ended.named("retry")
    assert made.version == ["0000"]


def test_assertions_run_before_everything(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE, 'op.execute("INSERT INTO t VALUES (1)")')
    made.revision(
        INDEX.replace('["x"]', '["id"]'),
        "op.execute('''\n-- alembic-ext: assert t has no rows\n"
        "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM t), 'there are some'; END $$''')",
    )
    ended = made.deploy(code=1)

    assert "an assertion does not hold: t has no rows" in ended.message
    assert "there are some" in ended.message
    assert made.version == ["0000"]
    assert made.rows("SELECT to_regclass('t_x')") == [None]
    made.rows("DELETE FROM t")
    made.deploy()
    assert made.version == ["0001"]


def test_an_assertion_changes_nothing(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE)
    made.revision("op.execute('-- alembic-ext: assert\\nDO $$ BEGIN INSERT INTO t VALUES (1); END $$')")

    assert "read-only transaction" in made.deploy(code=1).message


def test_an_env_that_does_not_commit_is_told_so(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE)
    made.project.edit(made.project.env, "        with context.begin_transaction():", "        if True:")

    assert "did not commit 0000" in made.deploy(code=2).message


def test_a_revision_that_is_not_known(shop: Callable[..., Shop]) -> None:
    made = shop()
    made.revision(TABLE)
    made.deploy()
    made.rows("UPDATE alembic_version SET version_num = 'beef'")

    assert "beef, a revision that this checkout does not have" in made.deploy(code=2).message


def test_no_server(shop: Callable[..., Shop]) -> None:
    made = shop(via="postgresql://postgres@127.0.0.1:1/nothing")
    made.revision(TABLE)

    assert "the database does not answer" in made.deploy(code=3).message


def test_two_databases_and_relative_targets(shop: Callable[..., Shop], own_server: Any, fresh: Any) -> None:
    made = shop(template="multidb", driver="psycopg")
    with psycopg.connect(own_server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {made.url.rpartition('/')[2]}2".encode())
    folder = made.project.folder / "migrations" / "versions"
    for number, wrong in enumerate(["SELECT 1", "SELECT 1", "SELECT 1 / 0"]):
        made.revision("pass")
        path = folder / f"r{number:04d}.py"
        text = path.read_text().partition("def upgrade")[0]
        path.write_text(
            text + "def upgrade(engine_name):\n    globals()['upgrade_' + engine_name]()\n\n\n"
            "def downgrade(engine_name):\n    pass\n\n\n"
            f"def upgrade_engine1():\n    op.execute('CREATE TABLE a{number} ()')\n\n\n"
            f"def upgrade_engine2():\n    op.execute('{wrong}')\n"
        )
    assert made.deploy("+1").events[-1]["applied"] == ["0000", "0000"]
    made.deploy(code=1)
    other = Shop(made.project, made.url + "2")
    assert made.version == other.version == ["0001"]
    assert made.rows("SELECT to_regclass('a2')") == [None]


TENANTS = """\
    with connectable.connect() as connection:
        for tenant in ("a", "b"):
            connection.execute(sqlalchemy.text(f"SET ROLE owner_{NAME}; SET search_path = {tenant}"))
            connection.commit()
            connection.dialect.default_schema_name = tenant
            context.configure(connection=connection, target_metadata=target_metadata, version_table_schema=tenant)
            with context.begin_transaction():
                context.run_migrations()
"""


def test_tenants_and_roles(shop: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]) -> None:
    """One connection, two schemas, another role than the one that logs in; whoever blocks does not show his query."""
    made = shop()
    name = made.url.rpartition("/")[2]
    made.rows(
        f"CREATE ROLE deployer_{name} LOGIN; CREATE ROLE owner_{name}; GRANT owner_{name} TO deployer_{name}; "
        f"CREATE SCHEMA a AUTHORIZATION owner_{name}; CREATE SCHEMA b AUTHORIZATION owner_{name}"
    )
    made.project.edit(made.project.folder / "alembic.ini", "://postgres@", f"://deployer_{name}@")
    text = made.project.env.read_text()
    begin = text.index("    with connectable.connect()")
    end = text.index("if context.is_offline_mode()")
    made.project.env.write_text(
        "import sqlalchemy\n" + text[:begin] + TENANTS.replace("{NAME}", name).replace("{{", "{") + "\n\n" + text[end:]
    )
    made.revision(TABLE)
    made.revision(
        COLUMN, "with op.get_context().autocommit_block():\n    op.execute('CREATE INDEX CONCURRENTLY t_x ON t (x)')"
    )
    assert made.deploy("0000").events[-1]["applied"] == ["0000", "0000"]
    blocker = boss(made)
    blocker.execute("SELECT 1 FROM b.t")
    ended = made.deploy(code=4)
    assert f"process {blocker.info.backend_pid}" in ended.message
    assert "SELECT 1 FROM b.t" not in ended.message
    versions = "SELECT (SELECT version_num FROM a.alembic_version), (SELECT version_num FROM b.alembic_version)"
    assert made.rows(versions) == [("0001", "0000")]
    blocker.rollback()
    made.deploy()
    assert made.rows(versions) == [("0001", "0001")]


def test_the_version_table_is_locked(shop: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]) -> None:
    """Then it is tried again too; an error that a revision catches is none."""
    made = shop()
    made.revision(TABLE)
    made.deploy()
    made.revision(
        "bind = op.get_bind()\ntry:\n    with bind.begin_nested():\n        op.execute('SELECT 1 / 0')\n"
        "except sa.exc.DataError:\n    pass\nop.execute('CREATE TABLE u ()')\nraise ValueError('mine')"
    )
    ended = made.deploy(code=1)
    assert "\n  mine (" in ended.message
    blocker = boss(made)
    blocker.execute("LOCK TABLE alembic_version IN SHARE MODE")
    path = made.project.folder / "migrations" / "versions" / "r0001.py"
    path.write_text(path.read_text().replace("    raise ValueError('mine')\n", ""))
    running = made.start()
    running.until("retry")
    blocker.rollback()
    assert running.ended().code == 0
    assert made.version == ["0001"]


@pytest.mark.parametrize("edit", [None, AUTOCOMMIT], ids=["", "autocommit"])
def test_nobody_may_read_the_version_table(
    shop: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]], edit: tuple[str, str] | None
) -> None:
    """The first look waits no longer than a statement: it says who is in the way, and is tried again."""
    made = shop()
    if edit:
        made.project.edit(made.project.env, *edit)
    made.revision(TABLE)
    made.deploy()
    made.revision('op.execute("CREATE TABLE u ()")')
    blocker = boss(made)
    blocker.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
    ended = made.deploy(code=4, retries=1)
    assert len(ended.named("retry")) == 1
    assert "alembic_version is locked" in ended.message
    assert f"in the way: process {blocker.info.backend_pid} (postgres, the boss, idle in transaction)" in ended.message
    running = made.start(retries=50)
    running.until("retry")
    blocker.rollback()

    assert running.ended().code == 0
    assert made.version == ["0001"]
