"""In the child process: the statements of a revision are run one by one, and what becomes of each is written down.

Each statement is run with a savepoint, so that one that fails can be told from the rest; what it did is asked by
`observer`. Where the revision commits by itself (``autocommit_block``), a statement that may run in a transaction is
given one, or its locks were gone before they can be read; one that may not is run as it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from alembic_ext.lint.committing import commits
from alembic_ext.lint.lines import Placed, is_direct
from alembic_ext.lint.observer import Observer
from alembic_ext.lint.outside import outside
from alembic_ext.lint.sent import (
    BLOCKS,
    COMMITS,
    ENDS,
    MAKES,
    TRANSACTION,
    UNSAVED,
    Piece,
    piece_of,
    pieces_of,
    wrong,
)
from alembic_ext.session import sqlstate

CANCELLED = "57014"  # query_canceled
_CALLS = re.compile(r"\s*(?:call|select)\b", re.IGNORECASE)
_SAVED = "alembic_ext_probe"


class Runner:
    """Runs statements over one connection.

    Args:
        connection: the revision's.
        server: asks what they did.
        limit: how many seconds a statement may take; 0 is no limit. Somebody else ends it.

    ``records`` has what is told of each; see `trace.Traced.of`. A ``lenient`` one goes on behind what fails; ``failed``
    is the text of the statement that has failed before that. ``past`` tells whether what is run was sent past
    SQLAlchemy.
    """

    def __init__(self, connection: Connection, server: Observer, limit: float) -> None:
        self._connection, self._server, self._limit = connection, server, limit
        self.records: list[dict[str, Any]] = []
        self.lenient, self.failed, self.past = False, "", False
        self.cancelled: set[str] = set()
        """The texts of statements that take too long, and are not run again."""
        self._revision = ""
        self._begun = False
        """Whether it has begun a transaction itself, where each statement commits."""

    def run(
        self, statement: str, run: Callable[[str], None], places: tuple[Placed, ...], shown: Callable[[str], str], *,
        bound: bool,
    ) -> None:  # fmt: skip
        """Run what is sent in one string; ``run`` sends a text, ``shown`` is how it is to be read."""
        pieces = [piece_of(statement)] if bound else pieces_of(statement)
        if len(pieces) > 1 and (refusal := self._server.one_at_a_time):
            self.records.append(self.unseen(statement, places) | wrong(refusal))
            if not self.lenient:
                raise refusal
        if commits(self._connection):
            self._committing(pieces, run, places, shown)
            return
        self._begun = False
        for one in pieces:
            if outside(one.node, one.tree):
                self._outside(one, run, places, saved=True)
            else:
                self._one(one, run, places, shown)

    def _committing(
        self, pieces: Sequence[Piece], run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str],
    ) -> None:  # fmt: skip
        """Statements of one string that commit themselves, unless the revision has begun a transaction there."""
        refused = False
        for sort, some in groupby(pieces, key=attrgetter("sort")):
            if sort == "inside" and not self._begun:
                self._inside(list(some), run, places, shown)
                continue
            for one in some:
                if sort == "outside":
                    self._outside(one, run, places, saved=False, alone=len(pieces) == 1 or refused)
                    refused = True
                else:
                    self._one(one, run, places, shown, autocommit=True)
                    self._begun = ENDS.get(one.tree.get("kind", ""), self._begun)

    def _inside(
        self, pieces: Sequence[Piece], run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str],
    ) -> None:  # fmt: skip
        """Statements that would commit themselves, in a transaction of ours."""
        self.send("BEGIN")
        try:
            for one in pieces:
                self._one(one, run, places, shown, autocommit=True)
        except BaseException as error:
            self.send("ROLLBACK", quiet=True)
            if sqlstate(error) == COMMITS and len(pieces) == 1:  # it ends transactions itself
                self.records.pop()
                self._outside(pieces[0], run, places, saved=False)
                return
            raise
        self.send("COMMIT")

    def _outside(
        self, piece: Piece, run: Callable[[str], None], places: tuple[Placed, ...], *, saved: bool, alone: bool = True
    ) -> None:  # fmt: skip
        """A statement that cannot run in a transaction, or that ends one; ``saved`` if it is in one all the same.

        One that is not ``alone`` in its string is refused, since the server makes one transaction of the string; it is
        run all the same, for what comes after it.
        """
        text = piece.text
        record = self.unseen(text, places) | {"comments": piece.comments}
        earlier = tuple(self.records)
        self.records.append(record)
        if saved:
            self.send(f"SAVEPOINT {_SAVED}", quiet=True)
        self._server.note(record)
        self._server.foresee(record, piece.node, piece.tree)
        refusal = {} if alone else self._refusal(text, run)
        began = time.perf_counter()
        try:
            if alone or refusal:
                run(text)
        except Exception as error:
            record |= wrong(error)
            if not self.lenient:
                raise
            if saved:
                self.send(f"ROLLBACK TO SAVEPOINT {_SAVED}", quiet=True)
                return
        finally:
            record["seconds"] = time.perf_counter() - began
        self._server.compare(record, earlier)
        record |= refusal

    def _refusal(self, text: str, run: Callable[[str], None]) -> dict[str, str]:
        """What the server says to a statement that is not alone in its string."""
        try:
            run(f"SELECT 1; {text}")
        except Exception as error:
            return wrong(error)
        return {}

    def _one(
        self, piece: Piece, run: Callable[[str], None], places: tuple[Placed, ...],
        shown: Callable[[str], str], *, autocommit: bool = False,
    ) -> None:  # fmt: skip
        text, node = piece.text, piece.node
        record = self.unseen(shown(text), places)
        record |= {"autocommit": autocommit, "comments": piece.comments}
        self.records.append(record)
        if node == TRANSACTION:  # a savepoint; the transaction may wait for its end
            try:
                run(text)
            except Exception as error:
                record |= wrong(error)
                raise
            self._server.look(record)
            record |= {"dropped": [], "rewritten": {}}  # what a ROLLBACK brings back was told before
            return
        if text in self.cancelled:
            record |= {"error": f"it takes longer than the limit of {self._limit:g} s", "state": CANCELLED}
            return
        saved = node not in UNSAVED or text == self.failed
        if saved:
            self.send(f"SAVEPOINT {_SAVED}")
        self._server.count(self._server.note(record))
        known = pieces_of(record["sql"])[0] if not node and _CALLS.match(text) else piece
        self._server.foresee(record, known.node, known.tree)
        began = time.perf_counter()
        try:
            run(text)
        except Exception as error:
            record["seconds"] = time.perf_counter() - began
            record |= wrong(error)
            if record["state"] == CANCELLED:
                self.cancelled.add(text)
            if not self.lenient or not saved:  # the transaction has failed, as it will in production
                raise
            self.send(f"ROLLBACK TO SAVEPOINT {_SAVED}")
        else:
            record["seconds"] = time.perf_counter() - began
            if saved:
                self.send(f"RELEASE SAVEPOINT {_SAVED}")
        self._server.look(record, makes=node in MAKES and "partbound" not in piece.tree)
        if node in BLOCKS and not record["lock_timeout"]:  # it may have set it for itself
            self._server.note(record)

    def unseen(self, text: str, places: tuple[Placed, ...]) -> dict[str, Any]:
        """What is known of a statement before anybody has looked."""
        return {
            "sql": text, "places": places, "transaction": self._server.transaction,
            "autocommit": commits(self._connection), "observed": False, "lock_timeout": 0.0, "statement_timeout": 0.0,
            "seconds": 0.0, "error": "", "state": "", "locks": {}, "other_locks": [], "did": {}, "rewritten": {},
            "dropped": [], "relations": {}, "definitions": {}, "own_connection": False, "comments": (),
            "direct": is_direct(),
            "revision": self._revision,
            "past": self.past, "code": (),
        }  # fmt: skip

    def take(self, piece: Piece, place: Placed, revision: str, *, begun: bool) -> None:
        """Run a statement of a file; ``begun`` where its transaction is open."""
        self._revision = revision
        run = self._server.driver.cursor().execute
        with self._server.quiet():
            if outside(piece.node, piece.tree):
                self._outside(piece, run, (place,), saved=begun)
            elif begun:
                self._one(piece, run, (place,), str)
            else:
                self._inside([piece], run, (place,), str)

    def send(self, sql: str, *, quiet: bool = False) -> None:
        """Send a statement of our own."""
        with suppress(*([Exception] if quiet else [])):
            self._server.send(sql)
