"""What holds rows in the live database, and none in a sandbox: filled there as far as that goes, else left empty."""

from __future__ import annotations

from collections.abc import Sequence

from alembic_ext.diff.rights import fills
from alembic_ext.kinds import kinds
from alembic_ext.model import Snapshot
from alembic_ext.operations.pieces import Piece
from alembic_ext.operations.rendered import Runner
from alembic_ext.session import sqlstate

NOT_FILLED = "55000"
"""Among other states: what is read has no rows because none were asked for."""
OF_ROWS = frozenset({"08", "21", "22", "23", "38", "39", "53", "54", "HV", "P0"})
"""Classes of SQLSTATEs that may be due to the rows: all tables are empty here, and those of other servers far away."""


class Rowless:
    """What is known of one try; ``fill`` are the statements that fill what is filled in the live database."""

    def __init__(self, fill: Sequence[str]) -> None:
        self._fill, self._filled, self._hollow = fill, False, False

    def fill(self, run: Runner, error: Exception | None) -> bool:
        """Fill it where an error tells that it is not, unless that has been tried; what is gone meanwhile cannot be."""
        if sqlstate(error) != NOT_FILLED or self._filled:
            return False
        self._filled = True
        for statement in self._fill:
            self._hollow = run.send(statement) is not None or self._hollow
        return True

    def may_be_why(self, error: Exception) -> bool:
        """Whether tables with rows may be another matter."""
        code = sqlstate(error) or ""
        return code[:2] in OF_ROWS or (code == NOT_FILLED and self._hollow)

    def left_empty(self) -> None:
        """Something was made without its rows: what reads it finds none."""
        self._hollow = True


def bare(piece: Piece) -> Piece:
    """The piece without filling what it makes; the same where that fills nothing."""
    step = piece.step
    if step is None or not fills(step):
        return piece
    first, *rest = piece.lines.statements
    text = kinds()[step.key.kind].bare(first)
    return piece._replace(lines=piece.lines._replace(statements=(text, *rest)))


def is_far(piece: Piece, new: Snapshot) -> bool:
    """Whether it would be filled from another server."""
    if piece.key is None or piece.key not in new or bare(piece) is piece:
        return False
    return any(kinds()[key.kind].far for key in new.needed([piece.key]))
