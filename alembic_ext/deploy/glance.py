"""The first look at where env.py leads: nothing runs yet, and no lock is waited for longer than in a deploy.

Alembic reads the version table before it asks which revisions to run. Somebody may hold that table; a wait without an
end would queue all who come later behind us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic_ext.deploy.events import blocker
from alembic_ext.deploy.raw import Raw
from alembic_ext.errors import LockNotObtained, in_words
from alembic_ext.session import connected, parameters, sqlstate
from alembic_ext.sqltext import ident, literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, ExceptionContext

TIMED_OUT = "55P03"


class Locked(LockNotObtained):
    """Somebody holds the version table, and did not let go in time; nothing is held by us."""

    def __init__(self, words: str, table: str, blockers: list[dict[str, Any]]) -> None:
        self.words, self.blockers = words, blockers
        super().__init__(
            "\n".join([f"{table} is locked", *(f"  in the way: {blocker(one)}" for one in blockers)]),
            server=words,
            help="try again when the lock is free; no revision was begun",
        )


class Glance(Raw):
    """A connection of env.py's that only looks; each of its transactions has a lock_timeout."""

    context: Any
    """Alembic's, of what comes next."""

    def __init__(self, connection: Connection, timeout: str) -> None:
        super().__init__(connection)
        self._timeout = timeout
        self._armed = self._alone = False

    def listen(self) -> None:
        """Set the events; they end with the connection, `let_go` takes back the one on its engine."""
        from sqlalchemy import event

        event.listen(self.connection, "begin", self._begins)
        event.listen(self.connection, "before_cursor_execute", self._before)
        event.listen(self.connection, "after_cursor_execute", self._after)
        event.listen(self.connection.engine, "handle_error", self._refused)

    def let_go(self) -> None:
        """Take back what was set on the engine."""
        from sqlalchemy import event

        if event.contains(self.connection.engine, "handle_error", self._refused):
            event.remove(self.connection.engine, "handle_error", self._refused)

    def _begins(self, _: Connection) -> None:
        self._armed = False

    def _before(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        """Have the setting end with the transaction; a SELECT in AUTOCOMMIT gets one for that."""
        autocommit = self.autocommit
        if autocommit and statement.lstrip()[:6].upper() != "SELECT":
            return
        if autocommit:
            self.ask("BEGIN")
            self._alone = True
        elif self._armed:
            return
        self.ask(f"SELECT pg_catalog.set_config('lock_timeout', {literal(self._timeout)}, true)")
        self._armed = not autocommit

    def _after(self, *_: Any) -> None:
        if self._alone:
            self._alone = False
            self.ask("COMMIT")

    def _refused(self, context: ExceptionContext) -> None:
        if context.connection is not self.connection:
            return
        if self._alone:
            self._alone = False
            self.ask("ROLLBACK")
        if sqlstate(context.original_exception) == TIMED_OUT:
            table = ident(self.context.version_table_schema or "", self.context.version_table)
            raise Locked(in_words(context.original_exception), table, self._holders(table)) from None

    def _holders(self, table: str) -> list[dict[str, Any]]:
        """Who holds the version table so that it cannot be read, or waits to; nobody where that cannot be asked."""
        try:
            session = connected(parameters(self.connection), {})
            try:
                found = session.rows(
                    "SELECT l.pid, a.usename::text, a.application_name, a.state, "
                    "extract(epoch FROM clock_timestamp() - a.xact_start)::float8, "
                    "CASE WHEN a.query <> '<insufficient privilege>' THEN a.query END "
                    "FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) "
                    f"WHERE l.locktype = 'relation' AND l.relation = pg_catalog.to_regclass({literal(table)}) "
                    "AND l.mode = 'AccessExclusiveLock' AND l.database = "
                    "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) "
                    "ORDER BY l.pid"
                )
            finally:
                session.close()
        except Exception:
            return []
        return [dict(zip(HOLDER, row, strict=True)) for row in found]


HOLDER = ("pid", "user", "application", "state", "seconds", "query")
"""What is told of one who holds a lock, in the order of the SELECTs that ask for it."""
