"""Prove what belongs to a whole server, on one that is thrown away: there and back in one transaction, taken back.

Elsewhere it is imagined (see `remote`). What stands under its name on that server, for the sake of what names it, is
called otherwise meanwhile.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alembic_ext import catalog
from alembic_ext.errors import NotProved
from alembic_ext.kinds import kinds, name_of, ranks
from alembic_ext.model import Declared, Key, Snapshot, Stored
from alembic_ext.operations.pieces import NOT_PROVED, Piece
from alembic_ext.scratch import remote
from alembic_ext.scratch.asked import Asked
from alembic_ext.scratch.load import Refusal, run
from alembic_ext.session import Session
from alembic_ext.sqltext import ident

log = logging.getLogger(f"alembic.{__name__}")


class Apart(NamedTuple):
    """What is to be proved: the objects, what is asked for, and what is declared for each."""

    keys: frozenset[Key]
    asked: Asked
    entities: Mapping[Key, Sequence[Declared]]

    def run_for(self, key: Key, aspect: str) -> tuple[str, ...]:
        """What is declared of it: that has been run."""
        return tuple(item.text for item in self.entities.get(key, ()) if item.aspect == aspect)


def proved(
    session: Session, what: Apart, up: Sequence[Piece], down: Sequence[Piece]
) -> tuple[list[Piece], list[Piece]]:
    """The pieces of both directions; those that were tried are no more marked as not proved.

    Raises:
        NotProved: the server refuses a statement, or it does not lead to what is declared.
    """
    options = frozenset(kinds()[key.kind].option for key in what.keys)
    session.run("BEGIN")
    try:
        try:
            before = _begun(session, what, options)
        except Refusal as refusal:
            log.warning("what belongs to the whole server is not proved: %s", refusal)
            return list(up), list(down)
        _run(session, what, up)
        there = _read(session, options)
        asked = what.asked._replace(said=what.run_for)
        for key, items in what.entities.items():
            if key in what.keys and not _as_imagined(remote.imagined(key, items, asked, there), there):
                raise _unreached(key)
        _run(session, what, down)
        after = _read(session, options)
        for key in sorted(what.keys):
            one, other = before.objects.get(key), after.objects.get(key)
            if (one is None) != (other is None) or (one and other and one.definition != other.definition):
                raise _unreached(key)
    finally:
        session.run("ROLLBACK")
    return _cleared(what, up), _cleared(what, down)


def _begun(session: Session, what: Apart, options: frozenset[str]) -> Snapshot:
    """Make what is there, under its own name, with all that it needs; what had that name is called otherwise."""
    now = what.asked.now
    keys = what.keys | now.needed(what.keys & now.objects.keys())
    names = {(key.kind, key.name) for key in keys}
    for key in sorted(_read(session, options)):
        if (key.kind, key.name) in names:
            aside = f"{key.name.encode()[:40].decode('utf-8', 'ignore')}_{secrets.token_hex(4)}"
            run(session, [f"ALTER {kinds()[key.kind].title} {ident(key.name)} RENAME TO {ident(aside)}"])
    for key in now.ordered(keys & now.objects.keys(), ranks()):
        aspects = [statement for aspect in now[key].aspects for statement in aspect.set if statement]
        run(session, [*now[key].definition, *aspects])
    return _read(session, options)


def _as_imagined(stored: Stored, there: Snapshot) -> bool:
    found = there.objects.get(stored.key)
    return (
        found is not None
        and found.definition == stored.definition
        and all(found.aspect(aspect.name) == aspect for aspect in stored.aspects)
    )


def _read(session: Session, options: frozenset[str]) -> Snapshot:
    return catalog.read(session.rows, session.version, named=False, options=options)


def _run(session: Session, what: Apart, pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        if piece.key not in what.keys:
            continue
        try:
            run(session, piece.hidden.statements)
        except Refusal as refusal:
            raise NotProved(
                f"the statement that would {piece.lines.comment} fails",
                where=next((item.source for item in what.entities.get(piece.key, ())), ""),
                server=str(refusal).strip(),
                help="nothing was written; the statement is:\n" + "\n".join(piece.lines.statements),
            ) from refusal


def _unreached(key: Key) -> NotProved:
    return NotProved(
        f"the statements for {name_of(key)} run, but do not lead to what is declared",
        help="report this, with the declaration, as a bug of alembic-ext",
    )


def _cleared(what: Apart, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, those that were tried without the mark."""
    found = []
    for piece in pieces:
        if piece.key in what.keys:
            notes = tuple(note for note in piece.lines.notes if not note.startswith(NOT_PROVED))
            piece = piece._replace(lines=piece.lines._replace(notes=notes))
        found.append(piece)
    return found
