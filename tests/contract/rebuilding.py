"""Read a database, rebuild it elsewhere, and say what is not the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from alembic_ext import catalog
from alembic_ext.kinds import kinds, ranks
from alembic_ext.model import Snapshot
from alembic_ext.scratch import remote
from alembic_ext.scratch.load import load
from alembic_ext.session import Session


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """A session in the database, as the product opens one for its sandboxes."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.add_notice_handler(lambda _: None)
        yield Session(connection, connection.info.server_version)


def made(url: str, sql: str) -> Snapshot:
    """Run SQL text in the database and read it."""
    with opened(url) as session:
        session.run(sql)
        return read(session)


def read(session: Session) -> Snapshot:
    """What is there and could be made elsewhere."""
    return remote.without(catalog.read(session.rows, session.version))


def rebuilt(url: str, snapshot: Snapshot) -> Snapshot:
    """Make all objects of the snapshot in an empty database, then set their aspects; read it."""
    with opened(url) as session:
        session.run("SET check_function_bodies = off")
        order = snapshot.ordered(snapshot.objects, ranks())
        refused = load(session, [(key, kinds()[key.kind].rebuilt(snapshot[key])) for key in order])
        refused += load(
            session, [(key, [do for aspect in snapshot[key].aspects for do in aspect.set]) for key in order]
        )
        assert [(str(no.name), no.statement, str(no.error)) for no in refused] == []
        return read(session)


def differences(one: Snapshot, other: Snapshot, *, creates: bool = True) -> list[tuple[object, ...]]:
    """What is not the same in two snapshots; without ``creates`` the statements that make objects may differ."""
    found: list[tuple[object, ...]] = []
    for key in sorted(one.objects.keys() | other.objects.keys()):
        here, there = one.objects.get(key), other.objects.get(key)
        if here is None or there is None:
            found.append((key, "is only in the " + ("second" if here is None else "first")))
            continue
        for part in (*["create"] * creates, "state", "aspects", "columns"):
            if getattr(here, part) != getattr(there, part):
                found.append((key, part, getattr(here, part), getattr(there, part)))
    found += sorted(one.edges ^ other.edges)
    if one.unread != other.unread:
        found.append(("unread", one.unread, other.unread))
    return found
