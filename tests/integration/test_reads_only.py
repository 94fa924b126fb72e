"""Law 9: autogenerate and check only read the user's database; whatever happens there, they wait for nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from alembic_ext import embedded
from tests.integration.shops import configure, copied, databases, done_by, name_of
from tests.integration.statements import APPLICATION, HARMLESS, PREFIX, only_reads_catalogs, sent
from tests.pgdump import dump_schema
from tests.project import Project

TABLES = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table(
    "item", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(10), sa.CheckConstraint("kind IN ('a', 'b')", name="known_kind")), 
)
sa.Table("line", metadata, sa.Column("item", sa.ForeignKey("item.id"), index=True), sa.Column("at", sa.DateTime))
"""
OURS = (
    TABLES
    + '''
from alembic_ext import register

register(
    metadata,
    """CREATE FUNCTION tax(amount int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT amount * 19 / 100 $$""",
    "CREATE VIEW taxed AS SELECT id, tax(price) AS tax FROM item WHERE kind IN ('a', 'b')",
    "CREATE MATERIALIZED VIEW dear AS SELECT id FROM taxed WHERE tax > 100; CREATE UNIQUE INDEX dear_id ON dear (id)",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TRIGGER stamp BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION stamp()",
)
'''
)
CHANGED = {"19 / 100": "21 / 100", "tax > 100": "tax > 200", "BEFORE UPDATE": "AFTER UPDATE"}


@pytest.fixture(scope="module")
def logging_server() -> Iterator[embedded.Server]:
    """A server that writes down every statement, and cancels nothing by itself."""
    settings = {"log_statement": "all", "log_line_prefix": PREFIX, "lc_messages": "C"}
    with embedded.server(settings=settings) as started:
        yield started


@pytest.fixture(scope="module")
def fresh(logging_server: embedded.Server) -> Callable[..., str]:
    return databases(logging_server)


@pytest.fixture(scope="module")
def origin(fresh: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project on that server, whose tables and objects are there, and whose declarations have changed since."""
    made = Project.write(tmp_path_factory.mktemp("origin") / "shop", OURS, fresh())
    made.revise()
    made.alembic("upgrade", "head", bare=True)
    with psycopg.connect(made.url) as connection:
        connection.execute("INSERT INTO item SELECT n, n, 'a' FROM generate_series(1, 100) n")
        connection.execute("CREATE VIEW by_hand AS SELECT id FROM taxed")
    made.declare(changed(OURS))
    return made


@pytest.fixture(scope="module")
def expected(origin: Project) -> str:
    """What the revision does that takes in the changes."""
    text = origin.revise("--rev-id", "0002")
    origin.revisions()[-1].unlink()
    assert "# replace function tax(integer)" in text
    return done_by(text)


@pytest.fixture
def shop(origin: Project, fresh: Callable[..., str], tmp_path: Path) -> Project:
    """A copy of that project and of its database."""
    return copied(origin, tmp_path / "shop", fresh(name_of(origin)))


def changed(models: str) -> str:
    """Change what is declared, in place and not."""
    for old, new in CHANGED.items():
        assert old in models
        models = models.replace(old, new)
    return models


def said(server: embedded.Server, project: Project, *words: str) -> Counter[tuple[str, str]]:
    """Run a command; give what the project's database was sent meanwhile, by which application, and how often."""
    since = len(server.log.read_text())
    project.alembic(*words, code=None)
    return Counter(sent(server, name_of(project), since))


@pytest.mark.parametrize("command", ["revision --autogenerate -m change", "check"])
def test_nothing_but_catalog_selects(shop: Project, logging_server: embedded.Server, command: str) -> None:
    before, words = dump_schema(logging_server.bin, shop.url), command.split()
    ours = said(logging_server, shop, *words)
    assert ("# replace function tax(integer)" in shop.revisions()[-1].read_text()) is command.startswith("revision")
    for path in shop.revisions()[1:]:
        path.unlink()
    (first,) = shop.revisions()
    first.write_text(first.read_text().replace("# create ", "# "))  # nothing is ours any more
    shop.declare(TABLES)
    only_catalog_selects_were_added(ours, said(logging_server, shop, *words))
    assert dump_schema(logging_server.bin, shop.url) == before


def test_nor_at_the_first_revision(
    project: Callable[..., Project], fresh: Callable[[], str], logging_server: embedded.Server
) -> None:
    """Alembic makes its version table then, and we read on its connection, which alone sees what it wrote."""
    words = ("revision", "--autogenerate", "-m", "first")
    bare, shop = project(TABLES, url=fresh()), project(OURS, url=fresh())
    ours, without = said(logging_server, shop, *words), said(logging_server, bare, *words)
    assert "# create function tax(integer)" in shop.revisions()[-1].read_text()
    assert any("CREATE TABLE alembic_version" in text for _, text in without)
    only_catalog_selects_were_added(ours, without)


def only_catalog_selects_were_added(ours: Counter[tuple[str, str]], without: Counter[tuple[str, str]]) -> None:
    added = ours - without
    assert {application for application, _ in added} <= {APPLICATION, "[unknown]"}
    assert len(added) > 20
    for application, text in added:
        if text not in HARMLESS:
            only_reads_catalogs(application, text)


def test_the_witness_can_fail() -> None:
    """What `only_reads_catalogs` must not let through."""
    only_reads_catalogs("", "SELECT c.oid FROM pg_class c JOIN pg_catalog.pg_proc ON true")
    only_reads_catalogs("", "WITH x AS (SELECT 1) SELECT set_config('lock_timeout', '5s', true) FROM x")
    for text in (
        "CREATE VIEW v AS SELECT 1", "SELECT * FROM item", "SELECT * FROM public.pg_class", "LOCK pg_class", "SET x = 1",
        "SELECT 1 FROM pg_class FOR UPDATE", "SELECT set_config('row_security', 'off', false)", "SELECT nextval('s')",
        "SELECT pg_advisory_lock(1)", "SELECT (SELECT max(id) FROM item)", "SELECT 1 INTO pg_new",
        "WITH x AS (DELETE FROM item RETURNING id) SELECT id FROM x",
    ):  # fmt: skip
        with pytest.raises(AssertionError):
            only_reads_catalogs("", text)


@contextmanager
def sampling(url: str, query: str) -> Iterator[set[tuple[Any, ...]]]:
    """Ask again and again meanwhile; give the set of all rows, which grows."""
    seen: set[tuple[Any, ...]] = set()
    done, rounds = threading.Event(), [0]

    def ask() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not done.is_set():
                seen.update(connection.execute(query.encode()).fetchall())
                rounds[0] += 1
                time.sleep(0.001)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
    assert rounds[0] > 20


LOCKS = """
SELECT a.application_name, a.state, l.mode, l.granted FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.locktype <> 'virtualxid'
      AND l.classid IS DISTINCT FROM 'pg_database'::regclass
"""
"""A session that begins locks the database itself for a moment, whoever opens it."""


def test_only_shared_locks_for_moments(shop: Project) -> None:
    """No lock of ours outlives its statement, as one of a transaction would."""
    with sampling(shop.url, LOCKS) as locks:
        shop.alembic("check", code=255)
    assert {mode for _, _, mode, _ in locks} == {"AccessShareLock"}
    assert all(granted for *_, granted in locks)
    states = {state for application, state, *_ in locks if application == APPLICATION}
    assert "active" in states
    assert "idle in transaction" not in states


def test_a_busy_table_changes_nothing(
    shop: Project, expected: str, connect: Callable[..., psycopg.Connection[Any]]
) -> None:
    """Writers, a VACUUM and what CREATE INDEX CONCURRENTLY takes neither wait for us nor we for them."""
    busy = connect(shop.url, autocommit=False)
    busy.execute(
        "LOCK TABLE item, line IN EXCLUSIVE MODE; UPDATE item SET price = price + 1; INSERT INTO line VALUES (1)"
    )
    with sampling(shop.url, "SELECT pid FROM pg_locks WHERE NOT granted") as waiting:
        text = shop.revise("--rev-id", "0002")
    assert not waiting
    busy.commit()
    assert done_by(text) == expected


def test_event_triggers_of_the_user_do_not_fire(shop: Project, connect: Callable[..., psycopg.Connection[Any]]) -> None:
    connect(shop.url).execute(
        "CREATE FUNCTION no_ddl() RETURNS event_trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RAISE EXCEPTION 'no % here', tg_tag; END $$;"
        "CREATE EVENT TRIGGER no_ddl ON ddl_command_start EXECUTE FUNCTION no_ddl();"
        "CREATE EVENT TRIGGER no_drop ON sql_drop EXECUTE FUNCTION no_ddl()"
    )
    assert "# replace function tax(integer)" in shop.revise()
    with pytest.raises(psycopg.errors.RaiseException, match="no CREATE TABLE here"):
        connect(shop.url).execute("CREATE TABLE t ()")


@pytest.fixture(scope="module")
def standby(logging_server: embedded.Server) -> Iterator[embedded.Server]:
    """A hot standby that cancels at once whatever stands in the way of what the primary did."""
    with embedded.server(standby_of=logging_server, settings={"max_standby_streaming_delay": "0"}) as started:
        yield started


def on(server: embedded.Server, project: Project) -> str:
    """Give the URL of a project's database on another server."""
    return urlsplit(server.url)._replace(path=urlsplit(project.url).path).geturl()


def caught_up(primary: embedded.Server, standby: embedded.Server) -> None:
    """Wait until the standby has all that the primary did."""
    with psycopg.connect(primary.url) as one, psycopg.connect(standby.url) as other:
        (place,) = one.execute("SELECT pg_current_wal_insert_lsn()").fetchone() or ()
        for _ in range(1000):
            if other.execute("SELECT pg_last_wal_replay_lsn() >= %s", [place]).fetchone() == (True,):
                return
            time.sleep(0.01)
    raise AssertionError("the standby does not catch up")


def test_a_query_on_a_standby_is_not_cancelled(
    shop: Project,
    logging_server: embedded.Server,
    standby: embedded.Server,
    connect: Callable[..., psycopg.Connection[Any]],
) -> None:
    caught_up(logging_server, standby)
    query = connect(on(standby, shop), autocommit=False)
    query.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    assert query.execute("SELECT count(*) FROM item, taxed, dear").fetchall()
    shop.revise()
    shop.alembic("check", code=255)
    caught_up(logging_server, standby)
    assert query.execute("SELECT count(*) FROM item, taxed").fetchone() == (100 * 100,)

    # The witness: what others do on the primary would have cancelled it.
    connect(shop.url).execute("CREATE OR REPLACE VIEW by_hand AS SELECT id FROM taxed; LOCK TABLE item")
    caught_up(logging_server, standby)
    with pytest.raises(psycopg.Error):
        query.execute("SELECT count(*) FROM item")


@pytest.mark.parametrize("sandbox", ["embedded by itself", "a URL"])
def test_autogenerate_on_a_standby(
    shop: Project,
    logging_server: embedded.Server,
    standby: embedded.Server,
    server: embedded.Server,
    expected: str,
    sandbox: str,
) -> None:
    caught_up(logging_server, standby)
    address = shop.url.replace("sql:", "sql+psycopg:").replace("%", "%%")
    shop.edit(shop.folder / "alembic.ini", address, on(standby, shop).replace("sql:", "sql+psycopg:"))
    if sandbox == "a URL":
        configure(shop, f"alembic_ext={{'sandbox': {server.url!r}}}")
    assert done_by(shop.revise("--rev-id", "0002")) == expected


@pytest.mark.parametrize("sandbox", ["embedded by itself", "a URL"])
def test_autogenerate_with_a_role_that_may_only_read(
    shop: Project,
    server: embedded.Server,
    expected: str,
    connect: Callable[..., psycopg.Connection[Any]],
    sandbox: str,
) -> None:
    connection = connect(shop.url)
    role = f"reader_{sandbox[:1]}"
    connection.execute(
        f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};"
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER ROLE {role} SET default_transaction_read_only = on".encode()
    )
    shop.edit(shop.folder / "alembic.ini", "postgres@", f"{role}@")
    if sandbox == "a URL":
        configure(shop, f"alembic_ext={{'sandbox': {server.url!r}}}")
    assert done_by(shop.revise("--rev-id", "0002")) == expected
    shop.alembic("check", code=255)
