"""Print, parse and print once more what differs only because one side went through the server more often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alembic_ext import catalog
from alembic_ext.kinds import kinds, ranks
from alembic_ext.model import Key, Snapshot, Stored
from alembic_ext.sandbox import Sandbox
from alembic_ext.scratch.load import Refusal, run
from alembic_ext.scratch.remote import is_remote


def equal(sandbox: Sandbox, want: Snapshot, now: Snapshot, keys: Iterable[Key]) -> frozenset[Key]:
    """Those of the keys whose definitions differ only because they were printed and parsed unequally often.

    Each side is printed, parsed and printed once more: ``varchar IN (…)`` is no fixpoint in any major version.
    """
    asked = [key for key in keys if key in now and key in want and now[key].definition != want[key].definition]
    asked = [key for key in asked if not is_remote(key.kind)]
    if not asked:
        return frozenset()
    again = [_printed_again(sandbox, want, {key: side[key] for key in asked}) for side in (now, want)]
    return frozenset(
        key
        for key in asked
        if {now[key].definition, again[0].get(key)} & {want[key].definition, again[1].get(key), None} - {None}
    )


def _printed_again(sandbox: Sandbox, want: Snapshot, texts: Mapping[Key, Stored]) -> dict[Key, tuple[str, ...]]:
    """Put each text in the place of what is there, read, and take it back."""
    session, refused = sandbox.session, set[Key]()
    session.run("BEGIN")
    try:
        for key in want.ordered(texts, ranks()):
            stored = texts[key]
            replace = kinds()[key.kind].replace(stored.create)
            names = {aspect.name for aspect in stored.state}
            undone = [undo for aspect in want[key].state if aspect.name not in names for undo in aspect.unset]
            session.run("SAVEPOINT one")
            try:
                run(session, [replace, *undone, *stored.definition[1:]] if replace else _anew(want, key, stored))
            except Refusal:
                session.run("ROLLBACK TO one")  # it cannot stand there: it is another definition
                refused.add(key)
        read = catalog.stored(session.rows, session.version, {key.kind for key in texts})
        return {key: read[key].definition for key in texts if key in read and key not in refused}
    finally:
        session.run("ROLLBACK")


def _anew(want: Snapshot, key: Key, stored: Stored) -> list[str]:
    """Drop an object with its users and make all of them again."""
    users = [user for user in want.ordered(want.users([key]), ranks()) if user in want]
    drops = [statement for user in reversed(users) for statement in kinds()[user.kind].drops(want[user])]
    makes = [statement for user in users for statement in (stored if user == key else want[user]).definition]
    return [*drops, *makes]
