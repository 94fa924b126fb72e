"""In the child process: every connection goes to a sandbox, and none that does not is ever used.

Three hooks on classes, put there before any code of the project runs:

- ``do_connect`` of PostgreSQL's dialects: what an engine's URL names is replaced by the sandbox for it;
- ``first_connect`` and ``connect`` of `Pool`: whatever made a connection (``creator=``, a pool of one's own, a recipe
  for a cloud), it is ours or the process ends before a statement was sent. The name of its database is asked of the
  driver, then the marker of the database;
- ``before_cursor_execute``: on a server that is in use, what acts on the whole server is refused.

What connects with a driver and without SQLAlchemy is not seen.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from weakref import WeakSet

from sqlalchemy import URL, Engine, event
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.pool import Pool

from alembic_ext import sandbox
from alembic_ext.errors import Refused
from alembic_ext.history.cluster import acts_on_cluster
from alembic_ext.history.place import place
from alembic_ext.sqltext import ident, literal

Ask = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Gives, for the libpq parameters of a database, those of its sandbox."""

MARKER = """
    SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_catalog.pg_database
    WHERE datname = current_database()"""

_PLACE = frozenset({
    "host", "hostaddr", "port", "user", "password", "passfile", "dbname", "database", "service", "dsn", "conninfo",
    "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "ssl", "ssl_context", "requiressl",
    "sslnegotiation", "direct_tls", "channel_binding", "gssencmode", "krbsrvname", "target_session_attrs",
    "require_auth",
})  # fmt: skip
"""What says where a server is, who asks and how safely; what else a driver is given (``options``) stays."""


class Guard:
    """The hooks.

    Args:
        ask: where the sandbox for a database is.
        marker: what a sandbox of this run is marked with.
        refuse: called with what is wrong before the process ends.
        fenced: whether what acts on the whole server is refused.
        role: whom every session is to be.
        known: names of databases that are sandboxes already.
    """

    def __init__(
        self, ask: Ask, marker: str, refuse: Callable[[str], None], *, fenced: bool, role: str | None, known: set[str]
    ) -> None:
        self._ask, self._marker, self._refuse = ask, marker, refuse
        self._fenced, self._role, self._known = fenced, role, known
        self.engines: WeakSet[Engine] = WeakSet()

    def install(self) -> None:
        """Put the hooks where they see every engine and pool of this process."""
        event.listen(PGDialect, "do_connect", self._redirect)
        event.listen(Pool, "first_connect", self._check)
        event.listen(Pool, "connect", self._check)
        event.listen(Engine, "engine_connect", lambda connection: self.engines.add(connection.engine))
        if self._fenced:
            event.listen(Engine, "before_cursor_execute", self._fence)

    def forget(self) -> None:
        """Let no engine use a connection again that it has now."""
        for engine in list(self.engines):
            engine.dispose(close=False)

    def _redirect(self, dialect: Any, _record: Any, cargs: list[Any], cparams: dict[str, Any]) -> Any:
        asked = _asked(cargs, cparams)
        if asked.get("dbname") in self._known:
            return None
        found = self._ask(asked)
        self._known.add(found["dbname"])
        kept = {name: cparams[name] for name in cparams.keys() - _PLACE}
        if dialect.driver in ("psycopg", "psycopg2") and not dialect.is_async:
            return dialect.connect(**kept | dict(found))
        port = int(found.get("port", 5432))
        url = URL.create(
            "postgresql", found.get("user"), found.get("password"), found.get("host"), port, found["dbname"]
        )
        args, words = dialect.create_connect_args(url)
        return dialect.connect(*args, **kept | words)

    def _check(self, connection: Any, _record: Any) -> None:
        name, words = _database(connection)
        if name in sandbox.held_here:  # made by the comparison with the models that runs in this process
            return
        if name not in self._known:
            self._end(f"a connection to {words} is not one to a sandbox")
        cursor = connection.cursor()
        try:
            cursor.execute(MARKER)
            (found,) = cursor.fetchone()
            if found != self._marker:
                self._end(f"the database {name!r} has no marker of a sandbox of this run")
            if self._role:
                cursor.execute("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user")
                (superuser,) = cursor.fetchone()
                # as session authorization RESET ROLE does not lead back to the superuser, who may do all
                what = "SESSION AUTHORIZATION" if superuser else "ROLE"
                cursor.execute(f"SET {what} {ident(self._role) if superuser else literal(self._role)}")
        finally:
            cursor.close()
        connection.commit()

    def _end(self, problem: str) -> NoReturn:
        made_at = place(traceback.extract_stack())
        self._refuse(f"{problem} (made at {made_at})" if made_at else problem)
        os._exit(2)

    def _fence(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if words := acts_on_cluster(statement):
            raise Refused(
                f"{words!r} acts on the whole server, and this sandbox is on the one in use",
                help="give --dev-url with a server that may be changed, or use the extra [embedded]",
            )


def _asked(cargs: list[Any], cparams: Mapping[str, Any]) -> dict[str, str]:
    """The libpq parameters of what an engine was about to connect to."""
    found: dict[str, str] = {}
    texts = [one for one in (*cargs, cparams.get("dsn"), cparams.get("conninfo")) if isinstance(one, str) and one]
    for text in texts:
        from psycopg.conninfo import conninfo_to_dict

        found |= {name: str(value) for name, value in conninfo_to_dict(text).items() if value is not None}
    for name, value in cparams.items():
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            found["dbname" if name == "database" else name] = str(value)
    usual = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE", "password": "PGPASSWORD"}
    for name, variable in usual.items():
        if name not in found and variable in os.environ:
            found[name] = os.environ[variable]
    if "dbname" not in found and "user" in found:
        found["dbname"] = found["user"]
    return found


def _database(connection: Any) -> tuple[str, str]:
    """The name of the database that a connection is to, as its driver knows it, and words for it; sends nothing."""
    raw = getattr(connection, "driver_connection", connection)
    module = type(raw).__module__.partition(".")[0]
    info = getattr(raw, "info", None)
    if info is not None and hasattr(info, "dbname"):
        name, host, port, user = info.dbname, info.host, info.port, info.user
    elif hasattr(raw, "_params") and hasattr(raw, "_addr"):
        name, user = raw._params.database, raw._params.user
        host, port = raw._addr if isinstance(raw._addr, tuple) else (raw._addr, "")
    else:
        return "", f"an unknown database, made with {module}, of which the driver tells nothing"
    return str(name), f"the database {name!r} on {host}{port and f':{port}'} as {user!r}, made with {module},"
