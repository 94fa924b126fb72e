"""Law 1: what is read, run on an empty database, reads back equal after at most two prints; pg_dump agrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alembic_ext.kinds import kinds, ranks
from alembic_ext.model import Snapshot
from tests.contract.examples import EXAMPLES, since
from tests.contract.rebuilding import differences, made, opened, read, rebuilt
from tests.pgdump import Dump

NewDatabase = Callable[[], str]


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, server_version: int) -> str:
    """The SQL of an example that the server can read."""
    sql = EXAMPLES[request.param]
    if since(sql) > server_version // 10000:
        pytest.skip(f"PostgreSQL {since(sql)} is the first that has this")
    return sql


@pytest.fixture(scope="session")
def server_version(server_url: str) -> int:
    with opened(server_url) as session:
        return session.version


def test_a_rebuilt_schema_is_the_same(example: str, new_database: NewDatabase, dump: Callable[..., Dump]) -> None:
    first, second, third = new_database(), new_database(), new_database()
    original = made(first, example)

    once = rebuilt(second, original)
    twice = rebuilt(third, once)

    assert differences(original, once, creates=False) == []
    assert differences(once, twice) == []
    assert dump(first).keys() == dump(second).keys()
    assert dump(second) == dump(third)
    changed = {key for key in original if original[key].create != once[key].create}
    assert bool(changed) == (dump(first) != dump(second)), changed


def test_every_place_stands_for_an_object(example: str, database: str) -> None:
    """Every row of every catalog stands for an object that is read, under the address that PostgreSQL gives it."""
    with opened(database) as session:
        session.run(example)
        snapshot = read(session)
        catalogs = session.rows("""
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid'
            WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
              AND c.relname NOT IN ('pg_enum', 'pg_largeobject_metadata')""")
        rows = [
            (name, place)
            for (name,) in catalogs
            for place in session.rows(f"SELECT '{name}'::regclass::oid, oid FROM {name} WHERE oid >= 16384")
        ]

        assert [row for row in rows if row[1] not in snapshot.places] == []
        assert snapshot.unread == ()

        for key, stored in snapshot.objects.items():
            address = kinds()[key.kind].address(key)
            if address.args and "NONE" in address.args:
                continue  # PostgreSQL itself has no address for an operator without a left operand
            found = session.connection.execute(
                "SELECT classid, objid FROM pg_get_object_address(%s, %s::text[], %s::text[])",
                (address.kind, list(address.names), list(address.args or ())),
            )

            assert [stored.place] == found.fetchall(), key
            assert key == snapshot.places[stored.place]


def test_what_is_set_can_be_unset_and_set_again(example: str, database: str) -> None:
    with opened(database) as session:
        session.run(example)
        snapshot = read(session)
        for part in ("aspects", "state"):
            several = _reversible(snapshot, part)
            for aspect in reversed(several):
                for undo in reversed(aspect.unset):
                    session.run(undo)
            bare = read(session)
            for aspect in several:
                for do in aspect.set:
                    session.run(do)

            assert _reversible(bare, part) == []
            assert differences(snapshot, read(session)) == []


def _reversible(snapshot: Snapshot, part: str) -> list[Any]:
    """State or aspects, but no partitions: attaching one makes indexes, detaching it leaves them."""
    return [
        aspect
        for key in sorted(snapshot, key=lambda key: snapshot[key].place)
        for aspect in getattr(snapshot[key], part)
        if all(aspect.unset) and aspect.name != "partition"
    ]


def test_everything_can_be_dropped(example: str, database: str) -> None:
    """Users first, every object by its own statement, unless it went along with another."""
    with opened(database) as session:
        session.run(example)
        snapshot = read(session)
        order = snapshot.ordered(snapshot.objects, ranks())
        attached = {
            edge.user for edge in snapshot.edges if edge.auto and edge.user.kind == edge.used.kind != "table"
        }  # indexes of partitions go with the index of the whole
        attached |= {edge.user for edge in snapshot.edges if edge.auto and not snapshot[edge.user].create}
        for key in reversed(order):
            if key.name != "public" and key not in attached and _exists(session, snapshot[key].place):
                session.run(kinds()[key.kind].drop(key))

        assert [key.name for key in read(session)] == ["public"]


def _exists(session: Any, place: tuple[int, int]) -> bool:
    classid, objid = place
    return bool(session.rows(f"SELECT WHERE (pg_identify_object({classid}, {objid}, 0)).identity IS NOT NULL"))
