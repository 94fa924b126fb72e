"""It neither blocks, nor starves, nor crashes; and it needs few rights."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from alembic_ext.drift import Options, compared, connection, reader
from alembic_ext.drift.connection import connected
from alembic_ext.drift.reader import read
from alembic_ext.drift.revisions import versions
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Report
from alembic_ext.kinds import aspect_kinds, kinds
from alembic_ext.sandbox.server import parameters
from tests.contract import examples as schemas
from tests.pipeline.drift.conftest import Copy, reading, run
from tests.project import ROOT

LONG = bool(os.environ.get("LONG"))
ROUNDS = int(os.environ.get("ROUNDS", "100")) if LONG else 3


@pytest.mark.parametrize(
    "name", ["partitions", "policy and rule", "function", "procedure", "materialized view", "trigger"]
)
def test_what_locks_relations_says_so(name: str, database: str) -> None:
    run(database, schemas.EXAMPLES[name])
    with psycopg.connect(database) as there:
        version = there.info.server_version
        for kind in (*kinds().values(), *aspect_kinds().values()):
            there.execute("SET LOCAL search_path = ''")
            there.execute(kind.query(version).encode(), prepare=False)
            locks = there.execute(
                "SELECT relation::regclass::text, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384"
            ).fetchall()
            assert getattr(kind, "locks", False) or not locks, f"{kind.name} holds {locks}"
            assert {mode for _, mode in locks} <= {"AccessShareLock"}
            there.rollback()


def test_each_statement_is_a_transaction_that_only_reads(production: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, found = [], set()
    rows = connection.Production._sent

    def watched(self: connection.Production, sql: str) -> object:
        result = rows(self, sql)
        sent.append(sql)
        found.add(self._connection.info.transaction_status)
        return result

    monkeypatch.setattr(connection.Production, "_sent", watched)
    assert production.drift().findings == ()
    assert found == {TransactionStatus.IDLE}
    assert len(sent) < 75
    assert not any(word in sql for sql in sent for word in ("pg_sequences", "pg_partition_tree"))
    with connected(parameters(production.url)) as there:
        with pytest.raises(AlembicExtError, match="read-only transaction"):
            there.rows("CREATE TABLE nothing ()")
        assert there.rows("SHOW lock_timeout") == [("200ms",)]
        assert there.rows("SHOW transaction_read_only") == [("on",)]
        left = "SELECT current_setting('search_path'), current_setting('default_transaction_read_only')"
        assert there._connection.execute(left).fetchone() == ('"$user", public', "off")  # nothing stays behind


def test_what_is_locked_is_not_read(production: Copy) -> None:
    with psycopg.connect(production.url) as other:
        other.execute("LOCK TABLE shop.person IN ACCESS EXCLUSIVE MODE")
        other.execute("ALTER TABLE shop.person ADD secret int")
        report = production.drift()
        other.rollback()

    assert {one.slug for one in report.findings} == {"not-read"}
    assert {"view shop.grown_up", "policy own on shop.person", "table shop.person"} <= {
        one.object for one in report.findings
    }
    assert report.code == 0
    assert "view shop.named" not in {one.object for one in report.findings}
    assert production.drift().findings == ()


@contextmanager
def beside(url: str, work: Callable[[psycopg.Connection], None]) -> Iterator[list[int]]:
    """Do something again and again in another session; gives how often it was done."""
    done, ended, errors = [0], threading.Event(), []

    def loop() -> None:
        with psycopg.connect(url, autocommit=True) as other:
            while not ended.is_set():
                try:
                    work(other)
                except psycopg.Error as error:
                    errors.append(error)
                    return
                done[0] += 1

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        while not done[0] and not errors:
            time.sleep(0.01)
        yield done
    finally:
        ended.set()
        thread.join()
    assert errors == []


FLUX = """
    CREATE VIEW shop.flux_a AS SELECT id, name FROM shop.person; CREATE VIEW shop.flux_b AS SELECT id FROM shop.flux_a;
    CREATE FUNCTION shop.flux_f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM shop.flux_a; END;
    CREATE TABLE shop.flux_t (id int PRIMARY KEY, a int DEFAULT 3 CHECK (a > 1)); CREATE INDEX flux_i ON shop.flux_t (a);
    CREATE POLICY flux_p ON shop.flux_t USING (id IN (SELECT id FROM shop.flux_b))"""
DROPS = "DROP POLICY flux_p ON shop.flux_t; DROP TABLE shop.flux_t; DROP FUNCTION shop.flux_f; DROP VIEW shop.flux_b; DROP VIEW shop.flux_a"


def reports(production: Copy, work: Callable[[psycopg.Connection], None]) -> list[Report]:
    """Give what is found while somebody else works, who gets on all the while."""
    production.dirty = True
    with beside(production.url, work) as done:
        before = done[0]
        found = [production.drift() for _ in range(ROUNDS)]
        assert done[0] > before
    return found


def test_objects_that_come_and_go(production: Copy) -> None:
    def flux(other: psycopg.Connection) -> None:
        for statement in (*FLUX.split(";\n"), *DROPS.split("; ")):
            other.execute(statement.encode(), prepare=False)

    for report in reports(production, flux):
        assert all("flux" in one.object for one in report.findings), [one.message for one in report.findings]
        assert not report.failures


def test_alter_table_in_a_loop(production: Copy) -> None:
    def alter(other: psycopg.Connection) -> None:
        other.execute("SET lock_timeout = '2s'")
        other.execute("ALTER TABLE shop.person ALTER note SET STATISTICS 7")
        other.execute("ALTER TABLE shop.person ALTER note SET STATISTICS -1")

    for report in reports(production, alter):
        found = {one.object for one in report.findings if one.slug != "not-read"}
        assert found <= {"table shop.person"}, [one.message for one in report.findings]


def test_create_index_concurrently_goes_on(production: Copy) -> None:
    def build(other: psycopg.Connection) -> None:
        other.execute("SET statement_timeout = '60s'")
        other.execute("CREATE INDEX CONCURRENTLY flux_i ON shop.booking (room)")
        other.execute("DROP INDEX CONCURRENTLY shop.flux_i")

    for report in reports(production, build):
        assert all("flux_i" in one.object for one in report.findings), [one.message for one in report.findings]


def test_an_index_under_way_is_a_note(production: Copy) -> None:
    """A writer keeps CREATE INDEX CONCURRENTLY waiting; drift does not wait, and says that it is being built."""
    with psycopg.connect(production.url) as writer:
        writer.execute("INSERT INTO shop.booking VALUES (1, NULL)")
        other = psycopg.connect(production.url, autocommit=True)
        building = threading.Thread(
            target=lambda: other.execute("CREATE INDEX CONCURRENTLY flux_i ON shop.booking (room)")
        )
        building.start()
        try:
            found = ()
            for _ in range(200):
                with connected(parameters(production.url)) as there:
                    have = read(there, "drift_app")
                    ((built,),) = there.rows(
                        "SELECT ARRAY(SELECT coalesce((pg_identify_object('pg_class'::regclass, index_relid, 0)).identity"
                        ", '') FROM pg_stat_progress_create_index)"
                    )
                    found = compared(have, production.want, Options(), versions(there), None, built).findings
                if found:
                    break
                time.sleep(0.02)
        finally:
            writer.rollback()
            building.join()
            other.close()
            production.dirty = True
    assert [(one.slug, one.object, one.severity) for one in found] == [("invalid-index", "index shop.flux_i", "note")]
    assert "it is being built" in found[0].message


def test_the_documented_rights_are_enough(production: Copy) -> None:
    text = (ROOT / "docs/drift.md").read_text()
    script = re.search(r"<!-- the GRANT script -->\n```sql\n(.*?)```", text, re.DOTALL)
    assert script
    name = urlsplit(production.url).path[1:]
    run(production.url, "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC")
    run(production.url, *script[1].replace("DATABASE shop", f"DATABASE {name}").split(";\n")[:-1])
    production.dirty = True
    url = _as(production.url, "drift")
    try:
        with connected(parameters(url)) as there:
            table = versions(there)
            assert table
            assert table.rows == ("r1",)
            have = read(there, table.owner)
            report = compared(have, production.want, Options(), table)
            with pytest.raises(AlembicExtError, match="permission denied"):
                there.rows("SELECT * FROM shop.person")
        assert [one.message for one in report.findings] == []
        assert have.reader == "drift"
        run(production.url, "GRANT SELECT ON shop.person TO drift")  # more than that is found
        with connected(parameters(url)) as there:
            report = compared(read(there, table.owner), production.want, Options(), table)
        assert [one.object for one in report.findings] == ["table shop.person"]
        run(production.url, "REVOKE SELECT ON alembic_version FROM drift")
        with (
            connected(parameters(url)) as there,
            pytest.raises(AlembicExtError, match="may not read the version table"),
        ):
            versions(there)
    finally:
        run(production.url, "DROP OWNED BY drift", "DROP ROLE drift")


def _as(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@", 1)


def test_what_prints_by_itself_takes_parts(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little room in the lock table views are printed a few at a time, and all are there."""
    views = "; ".join(
        f"CREATE VIEW v{number} AS SELECT a FROM {f'v{number - 1}' if number else 't'}" for number in range(60)
    )
    run(database, "CREATE TABLE t (a int)", *views.split("; "))
    monkeypatch.setattr(reader, "_FACTS", "SELECT current_user::text, 10{may}")
    found = reading(database, "postgres")
    assert len([key for key in found.snapshot if key.kind == "view"]) == 60


@pytest.mark.skipif(not LONG, reason="LONG=1")
@pytest.mark.parametrize("what", ["15 000 views", "2 000 tables and 5 000 entities"])
def test_a_large_database(what: str, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(database, *(_VIEWS if what == "15 000 views" else _TABLES), "ANALYZE")
    with connected(parameters(database), "60s") as there:
        for _ in range(3):
            there.statements, start = 0, time.perf_counter()
            found = read(there)
            took = time.perf_counter() - start
            with capsys.disabled():
                print(f"\n{what}: {len(found.snapshot.objects)} objects, {there.statements} statements, {took:.2f} s")
    assert len(found.snapshot.objects) > 15000


def _loop(count: int, text: str) -> str:
    return (
        f"DO $x$ BEGIN FOR i IN 1..{count} LOOP EXECUTE format($y${text}$y$, i, i - 1); "
        "IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END $x$"
    )


_VIEWS = [
    "CREATE TABLE base (id int PRIMARY KEY, a text)", "CREATE VIEW v0 AS SELECT id, a FROM base",
    _loop(15000, "CREATE VIEW v%1$s AS SELECT id, a FROM base WHERE id > %1$s OR id IN (SELECT id FROM v0)"),
]  # fmt: skip
_TABLES = [
    _loop(2000, "CREATE TABLE t%1$s (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text NOT NULL DEFAULT 'x', "
                "b int CHECK (b > 0), c numeric(10, 2)); CREATE INDEX ON t%1$s (a); COMMENT ON TABLE t%1$s IS 'x'"),
    _loop(2000, "CREATE FUNCTION f%1$s(x int) RETURNS int LANGUAGE sql AS 'SELECT x + %1$s'"),
    _loop(1500, "CREATE VIEW v%1$s AS SELECT id, a, b FROM t%1$s WHERE b > %1$s"),
    _loop(500, "CREATE MATERIALIZED VIEW m%1$s AS SELECT id, a FROM t%1$s WITH NO DATA"),
    "CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    _loop(1000, "CREATE TRIGGER tr BEFORE UPDATE ON t%1$s FOR EACH ROW EXECUTE FUNCTION trg()"),
]  # fmt: skip
