"""Connections: the live session as Alembic has it, sessions of our own beside it, and the one door SQL goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_ext.errors import AlembicExtError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import Connection

Rows = Sequence[tuple[Any, ...]]
Settings = Mapping[str, str]

SETTINGS = (
    "search_path", "TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "bytea_output",
    "quote_all_identifiers", "xmloption", "xmlbinary", "default_table_access_method", "default_toast_compression",
    "standard_conforming_strings", "transform_null_equals", "array_nulls", "lc_monetary", "lc_numeric", "lc_time",
)  # fmt: skip
"""Settings of the live session that parsing and printing depend on; every session of ours has the same."""

READ_ONLY = {"default_transaction_read_only": "on"}
PRINTING = {"search_path": "", "jit": "off"}
"""Settings of a session that reads definitions: every name is printed with its schema, no query is worth compiling."""


class Live(NamedTuple):
    """What the live session is: how to open one like it, and what one must be told to speak as it does.

    ``parameters`` are libpq's. ``locale`` holds the clauses of CREATE DATABASE that give the same encoding and
    locale. ``writing`` tells that Alembic's transaction has written already, so that only it sees the truth.
    """

    parameters: Mapping[str, str]
    settings: Settings
    version: int
    database: str
    session_user: str
    current_user: str
    schema: str
    path: tuple[str, ...]
    locale: str
    roles: frozenset[str]
    writing: bool
    standby: bool
    lock_timeout: str = "0"

    @property
    def major(self) -> int:
        return self.version // 10000


class Session:
    """A psycopg connection of our own, in autocommit, that sends text as it is: no parameters, no preparation."""

    def __init__(self, connection: psycopg.Connection[Any], version: int) -> None:
        self.connection, self.version = connection, version

    def rows(self, sql: str) -> Rows:
        """The rows of one SELECT."""
        return self.connection.execute(sql.encode()).fetchall()

    def several(self, statements: Sequence[str]) -> list[Rows]:
        """The rows of several statements, sent at once; a statement that gives none has none."""
        cursor = self.connection.execute(";\n".join(statements).encode())
        found: list[Rows] = []
        while True:
            found.append(cursor.fetchall() if cursor.description else [])
            if not cursor.nextset():
                return found

    def run(self, sql: str) -> None:
        """One or several statements; several are one transaction unless they say otherwise."""
        self.connection.execute(sql.encode())

    def close(self) -> None:
        self.connection.close()


def through(connection: Connection) -> Any:
    """A function that gives the rows of a SELECT sent over Alembic's own connection, whatever its driver."""

    def rows(sql: str) -> Rows:
        result = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        return [tuple(row) for row in result] if result.returns_rows else []

    return rows


def live(connection: Connection) -> Live:
    """Ask the live session what it is; one SELECT."""
    names = ", ".join(f"current_setting('{name}', true)" for name in SETTINGS)
    sql = f"""
        SELECT ARRAY[{names}]::text[], current_setting('server_version_num')::int, current_database()::text,
               session_user::text, current_user::text, current_schema()::text, current_schemas(false)::text[],
               pg_encoding_to_char(d.encoding)::text, to_jsonb(d)::text,
               ARRAY(SELECT rolname::text FROM pg_catalog.pg_roles WHERE oid >= 16384),
               NOT pg_is_in_recovery() AND pg_current_xact_id_if_assigned() IS NOT NULL, pg_is_in_recovery(),
               current_setting('lock_timeout')
        FROM pg_catalog.pg_database d WHERE d.datname = current_database()"""
    (row,) = through(connection)(sql)
    (
        values,
        version,
        database,
        session_user,
        current_user,
        schema,
        path,
        encoding,
        facts,
        roles,
        writing,
        standby,
        timeout,
    ) = row
    if schema is None:
        raise AlembicExtError(
            "the session has no default schema: no schema in its search_path exists",
            help="create the schema, or set search_path on the connection that env.py makes",
        )
    settings = {name: value for name, value in zip(SETTINGS, values, strict=True) if value is not None}
    return Live(
        parameters(connection),
        settings,
        version,
        database,
        session_user,
        current_user,
        schema,
        tuple(path),
        _locale(encoding, facts),
        frozenset(roles),
        writing,
        standby,
        timeout,
    )


def _locale(encoding: str, facts: str) -> str:
    """The clauses of CREATE DATABASE that give a database the encoding and locale of the live one."""
    import json

    from alembic_ext.sqltext import literal

    row = json.loads(facts)
    clauses = [
        f"ENCODING {literal(encoding)}",
        f"LC_COLLATE {literal(row['datcollate'])}",
        f"LC_CTYPE {literal(row['datctype'])}",
    ]
    provider, name = row.get("datlocprovider", "c"), row.get("datlocale") or row.get("daticulocale")
    if provider == "i":
        clauses += ["LOCALE_PROVIDER icu", f"ICU_LOCALE {literal(name)}"]
        clauses += [f"ICU_RULES {literal(row['daticurules'])}"] if row.get("daticurules") else []
    elif provider == "b":
        clauses += ["LOCALE_PROVIDER builtin", f"BUILTIN_LOCALE {literal(name)}"]
    return " ".join(clauses)


def parameters(connection: Connection) -> dict[str, str]:
    """The libpq parameters of the live connection, password included, whatever driver opened it."""
    raw: Any = connection.connection.driver_connection
    module = type(raw).__module__.partition(".")[0]
    if module == "psycopg":
        return {**raw.info.get_parameters(), **_given(password=raw.info.password)}
    if module == "psycopg2":
        return {**raw.info.dsn_parameters, **_given(password=raw.info.password)}
    if module == "asyncpg":
        address, known = raw._addr, raw._params
        host, port = address if isinstance(address, tuple) else _socket(address)
        secure = raw._protocol.is_ssl if hasattr(raw._protocol, "is_ssl") else False
        return _given(
            host=host,
            port=str(port),
            user=known.user,
            password=known.password,
            dbname=known.database,
            sslmode="require" if secure else None,
        )
    url = connection.engine.url
    return _given(
        host=url.host, port=url.port and str(url.port), user=url.username, password=url.password, dbname=url.database
    )


def _given(**values: Any) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _socket(path: str) -> tuple[str, str]:
    folder, _, port = path.rpartition("/.s.PGSQL.")
    return folder, port


def open_session(
    known: Live,
    settings: Settings,
    *,
    database: str | None = None,
    role: bool = True,
    parameters: Mapping[str, str] | None = None,
) -> Session:
    """A session like the live one: same server and user, same role, same settings; then ``settings`` of our own."""
    asked = dict(known.parameters if parameters is None else parameters)
    if database is not None:
        asked["dbname"] = database
    session = connected(asked, {})
    try:
        other = role and known.current_user != session.connection.info.user
        tell(session, {**settings, **({"role": known.current_user} if other else {})})
    except BaseException:
        session.close()
        raise
    return session


def connected(parameters: Mapping[str, str], settings: Settings, name: str = "alembic-ext") -> Session:
    """A session with libpq's ``parameters``, which is told ``settings`` and has this ``name``.

    Raises:
        psycopg.OperationalError: no server answers, or it refuses.
    """
    import psycopg

    asked = {"connect_timeout": "10", **parameters, "application_name": name}
    connection: psycopg.Connection[Any] = psycopg.connect(**asked, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    connection.add_notice_handler(lambda _: None)
    session = Session(connection, connection.info.server_version)
    try:
        tell(session, settings)
    except BaseException:
        session.close()
        raise
    return session


def tell(session: Session, settings: Settings) -> None:
    """Set settings for the rest of the session; one that this server does not know is left out."""
    from alembic_ext.sqltext import literal

    if settings:
        pairs = ", ".join(f"({literal(name)}, {literal(value)})" for name, value in settings.items())
        session.rows(
            f"SELECT set_config(name, value, false) FROM (VALUES {pairs}) AS wanted (name, value) "
            "WHERE current_setting(name, true) IS NOT NULL"
        )


def bounded(timeout: str, *, local: bool) -> str:
    """A SELECT that gives the session, or its transaction, a lock_timeout; a smaller one that is set stays."""
    from alembic_ext.sqltext import literal

    return (
        f"SELECT set_config('lock_timeout', {literal(timeout)}, {local}) FROM (SELECT "
        "current_setting('lock_timeout')::interval) AS now (bound) "
        f"WHERE bound NOT BETWEEN interval '1 us' AND {literal(timeout)}"
    )


def reader(known: Live, lock_timeout: str, settings: Settings | None = None) -> Session:
    """A read-only session of our own beside the live one, for the time of a read; ``settings`` are as we want them."""
    settings = {**known.settings, **READ_ONLY, "lock_timeout": known.lock_timeout, **(settings or {})}
    session = open_session(known, settings)
    try:
        session.rows(bounded(lock_timeout, local=False))
    except BaseException:
        session.close()
        raise
    return session


@contextmanager
def spare(connect: Callable[[], Session]) -> Iterator[Callable[[str], Rows] | None]:
    """What asks one more session for as long as it is needed, or None where the server has no place for one."""
    import psycopg

    try:
        session = connect()
    except psycopg.OperationalError:
        yield None
        return
    with closing(session):
        yield session.rows


def sqlstate(error: object) -> str | None:
    """The SQLSTATE of a driver's error, or of SQLAlchemy's around it; psycopg2 calls it pgcode."""
    inner = getattr(error, "orig", None) or error
    return getattr(inner, "sqlstate", None) or getattr(inner, "pgcode", None)
