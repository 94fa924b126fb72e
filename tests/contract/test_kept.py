"""What a revision saves and restores around what is made again: every kind's comments and owners, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from alembic_ext.kinds import kinds
from alembic_ext.model import Aspect, Key
from alembic_ext.operations import kept
from alembic_ext.session import Session
from tests.contract import edits
from tests.contract.examples import examples
from tests.contract.rebuilding import opened, read

SILENT = {"default", "default privileges", "user mapping"}
"""Those that COMMENT ON has no words for."""
ELSEWHERE = {"role", "subscription"}
"""What belongs to the whole server, and what is made in no throw-away database."""
SUPERUSERS = {"event trigger", "foreign-data wrapper"}
"""What only a superuser may own."""


def test_comments_and_owners_of_every_kind_come_back(new_database: Callable[[], str], server_url: str) -> None:
    commented: set[str] = set()
    owned: set[str] = set()
    with opened(server_url) as session:
        several = _schemas(session.version // 10000)
    for sql in several:
        with opened(new_database()) as session:
            session.run(sql)
            snapshot = read(session)
            keys = [key for key in snapshot if kinds()[key.kind].droppable and snapshot[key].create]
            if not keys:
                continue
            commented |= _set(session, keys, SILENT, "COMMENT ON {} IS 'it''s kept'")
            owned |= _set(
                session, [key for key in keys if kinds()[key.kind].owner], SUPERUSERS, "ALTER {} OWNER TO pg_monitor"
            )
            before = _told(session)
            some = [kinds()[key.kind] for key in keys]
            objects = [(kind.catalog, kind.owner, kind.address(key)) for kind, key in zip(some, keys, strict=True)]
            session.run(kept.save(objects, attributes=True, constraints=True))
            _set(session, keys, SILENT, "COMMENT ON {} IS NULL")
            _set(
                session, [key for key in keys if kinds()[key.kind].owner], SUPERUSERS, "ALTER {} OWNER TO CURRENT_USER"
            )
            assert _told(session) != before

            session.run(kept.RESTORE)

            assert _told(session) == before

    droppable = [kind for kind in kinds().values() if kind.droppable and kind.name not in ELSEWHERE]
    assert commented == {kind.name for kind in droppable} - SILENT
    assert owned == {kind.name for kind in droppable if kind.owner} - SUPERUSERS


def _schemas(major: int) -> list[str]:
    """The schemas that every kind is tried on, and of the changes of each kind what the first begins with."""
    found = ["CREATE PUBLICATION p", *examples(major).values()]
    for several in edits.examples().values():
        for one in [one for one in several if one.since <= major and not one.head][:1]:
            found.append(";\n".join((one.unmanaged, one.first, one.tables, one.before)))
    return found


def _set(session: Session, keys: Iterable[Key], without: Set[str], words: str) -> set[str]:
    """Say this of each but some kinds; the kinds it was said of."""
    some = [key for key in keys if key.kind not in without]
    for key in some:
        kind = kinds()[key.kind]
        session.run(words.format(f"{kind.title} {kind.identity(key)}"))
    return {key.kind for key in some}


def _told(session: Session) -> dict[Key, list[Aspect]]:
    """The comments and owners of all that is there."""
    snapshot = read(session)
    return {
        key: [aspect for aspect in snapshot[key].aspects if aspect.name == "owner" or aspect.name.startswith("comment")]
        for key in snapshot
    }
