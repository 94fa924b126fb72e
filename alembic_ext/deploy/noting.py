"""The note on the version table while a connection of env.py's migrates: left, written anew, taken away."""

from __future__ import annotations

from datetime import datetime, timezone

from alembic_ext.deploy import note
from alembic_ext.deploy.journal import Step
from alembic_ext.deploy.place import Place
from alembic_ext.deploy.raw import Raw
from alembic_ext.deploy.work import Orders


class Noting:
    """What one connection knows of the note, and of the comment that the user has there."""

    def __init__(self, raw: Raw, orders: Orders) -> None:
        self._raw, self._orders = raw, orders
        self._comment: str | None = None
        self._may: bool | None = None
        self._is_there = False

    def turn(self) -> None:
        """What comes next may be about another version table."""
        self._may = None

    def resume(self, step: Step, place: Place) -> None:
        """A revision begins; where it was left half done, the note that says so stays until it is done."""
        found = self._orders.notes.get(place)
        if found and found.revision == step.revision:
            step.earlier, self._is_there = found, True

    def leave(self, step: Step, place: Place, running: str | None) -> None:
        """Leave word before something of a revision is there to stay."""
        if self._may is False:
            return
        if not self._read(place):
            self._orders.tell("warning", message=f"{place} belongs to another role: no note is left on it")
            return
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        committed = (*step.committed, *step.pending)
        before = step.earlier.left(committed) if step.earlier else ()
        left = note.Note(step.revision, at, self._orders.by, committed, running, before)
        self._raw.ask(note.write(place.schema, place.table, self._comment, left))
        self._is_there = True

    def take(self, place: Place) -> None:
        """Take the note away, in the transaction that writes the version."""
        if not self._is_there:
            return
        self._is_there = False
        if self._read(place):
            self._raw.ask(note.write(place.schema, place.table, self._comment, None))

    def _read(self, place: Place) -> bool:
        """Read the comment once; whether we may write it."""
        if self._may is None:
            self._comment, _, self._may = note.read(self._raw.rows, place.schema, place.table)
        return self._may
