"""Make all that a MetaData holds without migrations, for tests and demos: tables and what is declared beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from alembic_ext import catalog
from alembic_ext.declare import collect
from alembic_ext.errors import AlembicExtError, CannotCreate
from alembic_ext.kinds import TABLES, kinds, of_tables, ranks
from alembic_ext.model import Declared, Key, Snapshot
from alembic_ext.names import Names, in_turn, names
from alembic_ext.rows import collect as rows_of
from alembic_ext.rows.stage import write
from alembic_ext.session import through
from alembic_ext.sqltext import words
from alembic_ext.sqltext.secret import revealed

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection


def create_all(metadata: MetaData, connection: Connection) -> None:
    """Create the tables of a MetaData and all that is declared beside them, in the right order, rows last.

    Runs in the connection's transaction, which the caller commits. What exists already is an error, except tables,
    which SQLAlchemy leaves alone, and roles, which may be there for the sake of another database.

    Raises:
        CannotCreate: the server refuses a declared statement.
    """
    _check(metadata, connection, "create_all")
    rows = through(connection)
    declared, first = _in_order(_without_shared(rows, collect(metadata)))
    final = list(filter(_comes_last, declared))
    early = [item for item in declared if _rank(item) < TABLES]
    tables = [table for table in metadata.sorted_tables if not getattr(table, "is_view", False)]
    ((before,),) = rows("SELECT current_setting('check_function_bodies')")
    rows("SELECT set_config('check_function_bodies', 'off', true)")
    waiting = _attempts(connection, first)
    waiting = _attempts(connection, [item for item in early if item not in first or item in waiting])
    metadata.create_all(connection, tables=tables)
    waiting = _attempts(connection, [*waiting, *(item for item in declared if item not in [*early, *final])])
    waiting += _attempts(connection, final)
    if waiting:
        error = _attempt(connection, waiting[0])
        raise CannotCreate(
            f"{waiting[0].address} cannot be created",
            where=waiting[0].source,
            server=str(getattr(error, "orig", error)).strip(),
            help="correct the declaration",
        )
    rows(f"SELECT set_config('check_function_bodies', '{before}', true)")
    if seeds := rows_of(metadata):
        write(connection, seeds)


def drop_all(metadata: MetaData, connection: Connection) -> None:
    """Drop all that is declared beside the tables of a MetaData, and the tables; what is not there is passed over.

    Roles stay: other databases may know them.
    """
    _check(metadata, connection, "drop_all")
    rows = through(connection)
    now = catalog.read(rows, int(rows("SHOW server_version_num")[0][0]))
    declared = [item for item in collect(metadata) if item.creates and not item.aspect]
    path = rows("SELECT current_schemas(false)::text[]")[0][0]
    meaning = names(rows, path, [item.address for item in declared], now)
    found = {key for item in declared if (key := meaning.key(item.address, creates=True)) and key in now}
    needed = now.needed(key for key in now if of_tables(now, key)) & found
    _take_back(connection, now, collect(metadata), meaning)
    _drop(connection, now, found - needed)
    metadata.drop_all(
        connection, tables=[table for table in metadata.sorted_tables if not getattr(table, "is_view", False)]
    )
    _drop(connection, now, needed)


def _check(metadata: object, given: object, name: str) -> None:
    """Complain of what is no connection to PostgreSQL: an Engine, a Session, an async connection; and no MetaData."""
    from sqlalchemy import Connection, MetaData

    if not isinstance(metadata, MetaData):
        raise AlembicExtError(f"{name}() was given {metadata!r} instead of a MetaData", help="give Base.metadata")
    if isinstance(given, Connection) and given.dialect.name == "postgresql":
        return
    if isinstance(given, Connection):
        raise AlembicExtError(
            f"{name}() was given a connection to {given.dialect.name}",
            help=f"connect to PostgreSQL; metadata.{name}(connection) is for the tables alone",
        )
    kind = type(given).__name__
    way = f"with engine.begin() as connection: {name}(metadata, connection)"
    if kind.startswith("Async"):
        way = f"await connection.run_sync(lambda connection: {name}(metadata, connection))"
    elif kind.endswith("Session"):
        way = f"{name}(metadata, session.connection())"
    raise AlembicExtError(f"{name}() was given {kind} instead of a Connection", help=way)


def _without_shared(rows: catalog.Query, items: Sequence[Declared]) -> list[Declared]:
    """The statements without those that make what the whole server has already."""
    shared = {item.address.kind for item in items if item.creates and not item.aspect} & {
        kind.name for kind in kinds().values() if kind.shared
    }
    if not shared:
        return list(items)
    there = catalog.stored(rows, int(rows("SHOW server_version_num")[0][0]), shared)
    known = {(key.kind, key.name) for key in there}
    return [
        item
        for item in items
        if item.aspect or not item.creates or (item.address.kind, item.address.names[-1]) not in known
    ]


def _rank(item: Declared) -> int:
    return kinds()[item.address.kind].rank if item.address.kind in kinds() else TABLES


def _comes_last(item: Declared) -> bool:
    """Whether it says what shall hold for all that is made later."""
    return item.address.kind in kinds() and kinds()[item.address.kind].hollow


def _take_back(connection: Connection, now: Snapshot, items: Iterable[Declared], meaning: Names) -> None:
    for item in filter(_comes_last, items):
        key = meaning.key(item.address, creates=False)
        aspect = now[key].aspect(item.aspect) if key is not None and key in now else None
        for statement in aspect.unset if aspect else ():
            through(connection)(statement)


def _drop(connection: Connection, now: Snapshot, keys: set[Key]) -> None:
    for key in reversed(now.ordered(keys, ranks())):
        for statement in kinds()[key.kind].drops(now[key]):
            through(connection)(statement)


def _in_order(items: Sequence[Declared]) -> tuple[list[Declared], list[Declared]]:
    """Creates by who mentions whom, then what speaks of them; and the creates to try before all else."""
    creates = {
        Key(item.address.kind, "", item.address.names[-1], str(item.address)): item
        for item in items
        if item.creates and not item.aspect
    }
    said = {key: words(item.text) for key, item in creates.items()}
    order, leading = in_turn(
        {key: [other for other in creates if other != key and other.name.lower() in said[key]] for key in creates}
    )
    made = [creates[key] for key in order]
    rest = sorted((item for item in items if item not in made), key=lambda item: bool(item.aspect))
    return [*made, *rest], [creates[key] for key in order if key in leading]


def _attempts(connection: Connection, items: Sequence[Declared]) -> list[Declared]:
    """Run statements, again and again while any goes through; give those that did not."""
    waiting = list(items)
    while waiting:
        failed = [item for item in waiting if _attempt(connection, item) is not None]
        if len(failed) == len(waiting):
            break
        waiting = failed
    return waiting


def _attempt(connection: Connection, item: Declared) -> Exception | None:
    from sqlalchemy.exc import DBAPIError

    savepoint = connection.begin_nested()
    try:
        through(connection)(revealed(item.text, item.source))
    except DBAPIError as error:
        savepoint.rollback()
        return error
    savepoint.commit()
    return None
