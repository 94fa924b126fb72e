"""Run the rendered text in a sandbox, and find the gentlest plan that works.

A plan is tried as it would be written. What the server refuses to replace in place is dropped and made again, a text
that does not give back the old state gives way to the printed one; then it is tried again. A direction is one
transaction, committed once it has reached exactly its goal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from alembic_ext.diff import diff
from alembic_ext.errors import NotProved
from alembic_ext.kinds import kinds
from alembic_ext.lineage import label
from alembic_ext.model import Key, Snapshot
from alembic_ext.operations.pieces import Piece, assemble
from alembic_ext.operations.rendered import runner
from alembic_ext.prove.doubts import Doubts
from alembic_ext.prove.trial import Again, Trial, Way
from alembic_ext.sandbox import Sandbox
from alembic_ext.scratch.reprint import equal

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


class Missed(Exception):
    """What was changed is not what it should be, and the sandbox is elsewhere; ``doubts`` know it now."""

    def __init__(self, doubts: Doubts) -> None:
        super().__init__(doubts)
        self.doubts = doubts


def prove(
    sandbox: Sandbox | None, context: AutogenContext, names: Mapping[str, Any], way: Way, doubts: Doubts | None = None
) -> tuple[list[Piece], bool]:
    """The pieces of a direction that work in this sandbox, which is left at its goal; whether it holds just that.

    Raises:
        NotProved: a statement of ours fails, or does not lead to the goal.
        Missed: the same is to be tried with these doubts in another sandbox.
    """
    doubts = doubts or Doubts()
    while True:
        task = way.task(doubts)
        plan = diff(task)
        pieces = [
            piece.spelled(way.said(piece.key)) if piece.key else piece
            for piece in assemble(
                plan, way.operations, way.schema, forward=way.forward, ahead=way.ahead, above=task.on_ending
            )
        ]
        if sandbox is None:
            return pieces, False
        trial = Trial(context, way, task, doubts, plan)
        try:
            with runner(sandbox.engine, dict(names)) as run:
                trial.run(run, pieces)
        except Again:
            if trial.doubts == doubts:
                raise trial.failure() from None
            if trial.doubts.rights and not doubts.rights:
                trial.doubts = trial.doubts._replace(unknown=not way.entitle(sandbox))
            doubts = trial.doubts
            continue
        if trial.unequal and (wrong := trial.unequal - equal(sandbox, sandbox.read(), task.new, trial.unequal)):
            if wrong & trial.altered:
                raise Missed(doubts._replace(refused=doubts.refused | wrong & trial.altered))
            if wrong - doubts.elsewhere:
                raise Missed(doubts._replace(elsewhere=doubts.elsewhere | wrong))
            raise _unreached(way, task.new, wrong)
        return trial.pieces, trial.exact


def _unreached(way: Way, new: Snapshot, wrong: Iterable[Key]) -> NotProved:
    key = sorted(wrong)[0]
    piece = key in new and kinds()[key.kind].is_piece(new[key])
    return NotProved(
        f"the statements for {label(key, way.schema)} run, but do not lead to what is declared",
        help="what it has otherwise than its table is not changed: drop it in one revision and make it in the next"
        if piece
        else "report this, with the declaration, as a bug of alembic-ext",
    )
