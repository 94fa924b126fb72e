"""Pieces of a plan as Alembic's operations: one list that says what goes forward, and back when it is reversed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from alembic_ext.diff.plan import MAKE_WAY
from alembic_ext.model import Key
from alembic_ext.operations import EntityOp, Lines, StepOp
from alembic_ext.operations.pieces import Piece

if TYPE_CHECKING:
    from alembic.operations import ops


def remarked(operations: Sequence[ops.MigrateOperation], words: str) -> list[ops.MigrateOperation]:
    """The operations with a comment line at the head of both functions."""
    remark = Piece(0, lines=Lines(words))
    return [_operation(remark, None), *operations, _operation(None, remark)]


def merge(
    up: Sequence[Piece], down: Sequence[Piece], operations: Sequence[ops.MigrateOperation]
) -> list[ops.MigrateOperation]:
    """One list of operations that says ``up`` forward, and ``down`` when Alembic reverses it."""
    count = len(operations)
    merged: list[ops.MigrateOperation] = []
    noted_up = {piece.slot: piece for piece in up if piece.operation is not None and piece.lines.notes}
    noted_down = {count - 1 - piece.slot: piece for piece in down if piece.operation is not None and piece.lines.notes}
    for slot in range(count + 1):
        forward = [piece for piece in up if piece.slot == slot and piece.operation is None]
        backward = [piece for piece in reversed(down) if piece.slot == count - slot and piece.operation is None]
        merged += _paired(forward, backward)
        if slot < count:
            merged += _note(noted_up.get(slot), None)
            merged.append(operations[slot])
            merged += _note(None, noted_down.get(slot))
    return merged


def _paired(up: Sequence[Piece], down: Sequence[Piece]) -> Iterator[ops.MigrateOperation]:
    def names(pieces: Sequence[Piece]) -> list[tuple[object, str]]:
        return [(piece.key, piece.step.aspect if piece.step else "") for piece in pieces]

    for tag, first, first_end, second, second_end in SequenceMatcher(
        None, names(up), names(down), autojunk=False
    ).get_opcodes():
        if tag == "equal":
            yield from (
                _operation(one, other) for one, other in zip(up[first:first_end], down[second:second_end], strict=True)
            )
        else:
            yield from (_operation(one, None) for one in up[first:first_end])
            yield from (_operation(None, other) for other in down[second:second_end])


def _operation(up: Piece | None, down: Piece | None) -> ops.MigrateOperation:
    piece = up or down
    assert piece is not None
    key = piece.key or Key("", "", "")
    verb = piece.step.verb if piece.step else piece.lines.comment.partition(" ")[0]
    differs = up is not None and up.step is not None and up.step.verb != MAKE_WAY
    made = EntityOp if differs else StepOp
    aspect = piece.step.aspect if piece.step else ""
    operation = made(
        verb, key.kind, key.schema, key.name, up.lines if up else None, down.lines if down else None, aspect
    )
    operation.key = piece.key
    return operation


def _note(up: Piece | None, down: Piece | None) -> list[ops.MigrateOperation]:
    return [_operation(up, down)] if up or down else []
