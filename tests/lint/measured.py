"""What an upgrade does to the tables that were there before it, seen by a connection of our own: the linter's probe and
rules have no part in it.

Each effect is a word and a relation:

rewrite T    all rows were written anew (the event table_rewrite)
file T       the same as it looks afterwards, where no such event fires: CLUSTER, TRUNCATE, VACUUM FULL, REFRESH
build T      an index of it was built while writes to it had to wait
scan T       all its rows were read while writes to it had to wait, by this or an earlier lock of the transaction
held T       others waited for it while another old table was read through or written to
unbounded T  a lock on which others wait was taken with no limit to the wait for it
lock MODE T  its rows could not be written, or not be read, while the transaction lasted
error        the server refused a statement, or the upgrade failed in another way

Of rewrite, file, build and scan the first tells all. Only rows that are there show an error of rows, so there are some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tests.lint.cases import Labelled

STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
ALONE = re.compile(
    r"\s*(VACUUM|BEGIN|COMMIT|ROLLBACK|SET\b|(CREATE|DROP|REINDEX|ALTER).*\bCONCURRENTLY\b)", re.I | re.S
)
WATCH = """
CREATE SCHEMA watch;
CREATE FUNCTION watch.tell() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config(
        'watch.rewritten', concat(current_setting('watch.rewritten', true), ' ', pg_event_trigger_table_rewrite_oid()), false);
END $$;
CREATE EVENT TRIGGER watch ON table_rewrite EXECUTE FUNCTION watch.tell();
"""
AFRESH = """
DO $$
DECLARE one text;
BEGIN
    FOR one IN
        SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace
        WHERE nspname !~ '^(pg_|information_schema$|watch$)'
        UNION ALL SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication
        UNION ALL SELECT format('DROP ACCESS METHOD %I', amname) FROM pg_am WHERE oid >= 16384
    LOOP
        EXECUTE one;
    END LOOP;
END $$;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM pg_read_all_data;
CREATE SCHEMA public;
"""
SEEN = """
SELECT current_setting('lock_timeout'), coalesce(current_setting('watch.rewritten', true), ''),
       (SELECT coalesce(jsonb_object_agg(relation, modes), '{}') FROM (
            SELECT relation, jsonb_agg(mode) AS modes FROM pg_locks
            WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted GROUP BY relation) l),
       (SELECT coalesce(jsonb_object_agg(oid, pg_relation_filenode(oid)), '{}') FROM pg_class
        WHERE relkind IN ('r', 'm', 'i') AND oid >= 16384),
       (SELECT coalesce(jsonb_object_agg(indexrelid, indrelid), '{}') FROM pg_index WHERE indexrelid >= 16384),
       (SELECT coalesce(jsonb_object_agg(relid, seq_scan), '{}') FROM pg_stat_xact_user_tables),
       (SELECT coalesce(jsonb_object_agg(relid, n_tup_ins + n_tup_upd + n_tup_del), '{}') FROM pg_stat_xact_user_tables)
"""


class Seen(NamedTuple):
    """How the transaction stands at a moment; the keys are OIDs as text."""

    lock_timeout: str
    rewritten: str
    locks: dict[str, list[str]]
    files: dict[str, int]
    indexes: dict[str, int]
    scans: dict[str, int]
    written: dict[str, int]

    def strong(self, old: dict[str, str]) -> dict[str, list[str]]:
        """The locks on old relations for which writers wait."""
        return {
            oid: [m for m in modes if m in STRONG]
            for oid, modes in self.locks.items()
            if oid in old and {*modes} & {*STRONG}
        }


class Measure:
    """A database in which upgrades are measured, one after the other."""

    def __init__(self, url: str) -> None:
        self.control = psycopg.connect(url, autocommit=True)
        self.control.execute(WATCH)
        self.engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), pool_size=1)
        self.watching = False
        sa.event.listen(self.engine, "before_cursor_execute", self._before)
        sa.event.listen(self.engine, "after_cursor_execute", self._after)

    def close(self) -> None:
        """Leave it."""
        self.engine.dispose()
        self.control.close()

    def effects(self, case: Labelled) -> frozenset[str]:
        """What the upgrade of a case does."""
        self.control.execute(AFRESH)
        self.control.execute(case.world)
        self.control.execute(case.filled)
        rows = self.control.execute(
            "SELECT oid::text, relname FROM pg_class WHERE relkind IN ('r', 'p', 'm') AND oid >= 16384 "
            "AND relnamespace <> 'pg_toast'::regnamespace"
        )
        self.old: dict[str, str] = dict(rows.fetchall())
        self.found: set[str] = set()
        try:
            with self.engine.connect() as connection, self._alembic(connection) as operations:
                names = {"op": operations, "sa": sa, "postgresql": sa.dialects.postgresql}
                exec(compile(case.upgrade, case.name, "exec"), names)
        except Exception:  # the label says whether it should fail
            return frozenset({"error"})
        finally:
            self.watching = False
        for better, worse in (("rewrite", "file build scan"), ("file", "build scan"), ("build", "scan")):
            for table in [effect.split()[1] for effect in self.found if effect.startswith(better + " ")]:
                self.found -= {f"{word} {table}" for word in worse.split()}
        return frozenset(self.found)

    @contextmanager
    def _alembic(self, connection: sa.Connection) -> Iterator[Operations]:
        context = MigrationContext.configure(connection)
        connection.exec_driver_sql("RESET ALL")
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        self.watching = True
        with context.begin_transaction(), Operations.context(context) as operations:
            yield operations

    def _before(self, connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if not self.watching:
            return
        raw = cursor.connection
        self.wrapped = raw.autocommit and not ALONE.match(statement)
        if self.wrapped:
            raw.execute("BEGIN")
        self.seen = self._look(raw)

    def _after(self, connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if not self.watching:
            return
        raw = cursor.connection
        before, after, old = self.seen, self._look(raw), self.old
        if self.wrapped:
            raw.execute("COMMIT")
        strong = after.strong(old)
        rewritten = {*after.rewritten.split()} - {*before.rewritten.split()}
        read = {oid for oid, count in after.scans.items() if count > before.scans.get(oid, 0) and oid in old}
        written = {oid for oid, count in after.written.items() if count > before.written.get(oid, 0) and oid in old}
        self._tell("rewrite", rewritten & {*old})
        self._tell("file", [oid for oid in old if oid in after.files and after.files[oid] != before.files.get(oid)])
        files = {*before.files.values()}
        new = [
            str(after.indexes[oid]) for oid, file in after.files.items() if oid in after.indexes and file not in files
        ]
        self._tell("build", {*new} & {*strong})
        self._tell("scan", read & {*strong})
        held = before.strong(old) if before.locks else {}
        self._tell("held", [oid for oid in held if (read | written) - {oid}])
        for oid, modes in strong.items():
            for mode in modes:
                self.found.add(f"lock {mode.removesuffix('Lock')} {old[oid]}")
            if after.lock_timeout == "0" and {*modes} - {*held.get(oid, ())}:
                self.found.add(f"unbounded {old[oid]}")

    def _tell(self, word: str, oids: Any) -> None:
        self.found |= {f"{word} {self.old[oid]}" for oid in oids}

    @staticmethod
    def _look(raw: psycopg.Connection[Any]) -> Seen:
        row = raw.execute(SEEN).fetchone()
        assert row
        return Seen(*row)
