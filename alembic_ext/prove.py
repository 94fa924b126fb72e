"""Run the rendered text in a sandbox, and find the gentlest plan that works.

A plan is tried as it would be written. What the server refuses to replace in place is dropped and made again, a text
that does not give back the old state gives way to the printed one; then it is tried again. A direction is one
transaction, committed once it has reached exactly its goal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic_ext import catalog, helped
from alembic_ext.diff import diff
from alembic_ext.errors import NotProved, in_words
from alembic_ext.kinds import hollow, kinds, of_tables
from alembic_ext.lineage import label
from alembic_ext.load import MISSING
from alembic_ext.model import EMPTY, Key, Snapshot
from alembic_ext.operations import EntityOp
from alembic_ext.pieces import Piece, assemble
from alembic_ext.plan import Plan, Step, Task
from alembic_ext.rendered import Runner, body, runner
from alembic_ext.reprint import equal
from alembic_ext.sandbox import Sandbox
from alembic_ext.session import sqlstate, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation

log = logging.getLogger(f"alembic.{__name__}")

IN_PLACE = frozenset({"42P16", "42P13", "42809", "0A000", "2BP01", "42710", "42723"})
"""SQLSTATEs with which the server refuses to replace an object in place."""

IN_USE = "2BP01"
NO_RIGHT, NO_WAY = "42501", "22023"
"""The role may not set an aspect; or there is no way to it, as to most versions of an extension but newer ones."""
NOT_COMMITTED = "55P04"

PRINTED, QUALIFIED = 1, 2
"""How far a text is trusted: first what a revision said, then what the server printed, then that with schemas."""


class Doubts(NamedTuple):
    """What earlier tries have taught: objects not to replace in place, bodies not to check, what to commit
    before it is used, texts not to trust.

    ``elsewhere`` are objects whose declared text does not lead to what is wanted after what happens to others: the
    commutator of an operator may be named by the other one alone.
    """

    refused: frozenset[Key] = frozenset()
    unchecked: frozenset[Key] = frozenset()
    committed: frozenset[Key] = frozenset()
    distrust: Mapping[Key, int] = EMPTY
    amends: Mapping[tuple[Key, str], tuple[str, ...]] = EMPTY
    elsewhere: frozenset[Key] = frozenset()

    def less(self, key: Key) -> Doubts:
        return self._replace(distrust={**self.distrust, key: self.distrust.get(key, 0) + 1})


class Way(NamedTuple):
    """One direction: Alembic's operations in its order, and the task for what is known so far.

    ``ahead`` of them stand before all else. ``schema`` is the default schema, ``unable`` what the sandbox cannot hold
    and ``unset`` the aspects it may not set, with the reasons. ``source`` gives the place where an object was declared,
    if the direction leads there, ``said`` the statements that speak of it.
    """

    operations: Sequence[MigrateOperation]
    task: Callable[[Doubts], Task]
    schema: str
    forward: bool
    unable: Mapping[Key, str] = EMPTY
    unset: Mapping[tuple[Key, str], str] = EMPTY
    source: Callable[[Key], str] = lambda _: ""
    said: Callable[[Key], Sequence[str]] = lambda _: ()
    ahead: int = 0


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
            for piece in assemble(plan, way.operations, way.schema, forward=way.forward, ahead=way.ahead)
        ]
        if sandbox is None:
            return pieces, False
        trial = _Trial(context, way, task, doubts, plan)
        try:
            with runner(sandbox.engine, dict(names)) as run:
                trial.run(run, pieces)
        except _Again:
            if trial.doubts == doubts:
                raise trial.failure() from None
            doubts = trial.doubts
            continue
        if trial.unequal and (wrong := trial.unequal - equal(sandbox, sandbox.read(), task.new, trial.unequal)):
            if wrong & trial.altered:
                raise Missed(doubts._replace(refused=doubts.refused | wrong & trial.altered))
            if wrong - doubts.elsewhere:
                raise Missed(doubts._replace(elsewhere=doubts.elsewhere | wrong))
            raise _unreached(way, task.new, wrong)
        return trial.pieces, trial.exact


class _Again(Exception):
    """This try has taught something: take it back."""


class _Trial:
    """One try of one direction."""

    def __init__(self, context: AutogenContext, way: Way, task: Task, doubts: Doubts, plan: Plan) -> None:
        self.context, self.way, self.task, self.doubts = context, way, task, doubts
        self.first, self.kept, self.altered = doubts, plan.kept, plan.altered
        self.pieces: list[Piece] = []
        self.failed, self.exact = False, False
        self.errors: list[tuple[Piece, Exception]] = []
        self.unequal: frozenset[Key] = frozenset()

    def run(self, run: Runner, pieces: Sequence[Piece]) -> None:
        waiting: list[Piece] = []
        for piece in [*pieces, None]:
            if piece is not None and not self._alone(piece):
                waiting.append(piece)
                continue
            self._ours(run, waiting)
            waiting = []
            if piece is not None:
                self._one(run, piece)
        if self.errors or self.doubts != self.first:
            raise _Again
        self._arrived(run)

    def _alone(self, piece: Piece) -> bool:
        step = piece.step
        apart = piece.operation is not None or (step is not None and (step.unchecked or step.committed))
        return apart or self._unable(piece) != ""

    def _unable(self, piece: Piece) -> str:
        """Why a piece cannot be tried in this sandbox, or nothing; what keeps grants speaks of all that is kept."""
        keys = [piece.key] if piece.key else [] if piece.operation else self.kept
        reasons = [self.way.unable[key] for key in keys if key in self.way.unable]
        if not self.way.forward and piece.step and (reason := self._unset(piece.step)):
            reasons.append(reason)
        return next(iter(reasons), "")

    def _unset(self, step: Step) -> str:
        """Why an aspect may not be set in this sandbox."""
        return self.way.unset.get((step.key, step.aspect), "")

    def _ours(self, run: Runner, pieces: Sequence[Piece]) -> None:
        bodies = [self._body(piece) for piece in pieces]
        if len(pieces) > 1 and run.batch(bodies):
            self.pieces += pieces
            return
        for piece in pieces:
            self._one(run, piece)

    def _one(self, run: Runner, piece: Piece) -> None:
        if reason := self._unable(piece):
            self.pieces.append(piece.noted(reason))
            return
        error = run.attempt(self._body(piece))
        if error is None:
            self.pieces.append(piece)
        elif sqlstate(error) == NOT_COMMITTED and (settling := self._settling()):
            self.doubts = self.doubts._replace(committed=self.doubts.committed | settling)
            raise _Again
        elif piece.operation is not None:
            self._alembics(run, piece, piece.operation, error)
        else:
            self._refused(run, piece, error)

    def _alembics(self, run: Runner, piece: Piece, operation: MigrateOperation, error: Exception) -> None:
        """An operation of Alembic's failed: it is written all the same, with the reason and what may be missing."""
        if self.doubts != self.first:
            raise _Again  # what failed before may be the reason
        if sqlstate(error) == IN_USE and (users := self._replaced_users()):
            self.doubts = self.doubts._replace(refused=self.doubts.refused | users)
            raise _Again
        advice = next((said for said, way in helped.ways(self.context, operation) if run.invoke(way) is None), None)
        said = in_words(error, "detail")
        hint = f"{said} ({advice})" if advice else said
        self.failed = self.failed or advice is None
        log.warning("an operation of Alembic's failed when it was tried, the revision says where: %s", hint)
        self.pieces.append(piece.noted(hint))

    def _refused(self, run: Runner, piece: Piece, error: Exception) -> None:
        step, code = piece.step, sqlstate(error)
        if step is None:
            self.errors.append((piece, error))
        elif step.verb == "alter" or (step.verb == "replace" and not step.aspect and code in IN_PLACE):
            self.doubts = self.doubts._replace(refused=self.doubts.refused | {step.key})
        elif code == IN_USE and (users := self._remaining_users(step)):
            self.doubts = self.doubts._replace(refused=self.doubts.refused | users)
        elif code in MISSING and not step.aspect and step.verb != "drop" and self._without_bodies(run, piece):
            self.doubts = self.doubts._replace(unchecked=self.doubts.unchecked | {step.key})
        elif self.failed or (step.aspect and (code in (NO_RIGHT, NO_WAY) or self._unset(step))):
            self.pieces.append(piece.noted(in_words(error, "detail")))
        else:
            if self.doubts.distrust.get(step.key, 0) < QUALIFIED:
                self.doubts = self.doubts.less(step.key)
            self.errors.append((piece, error))

    def _settling(self) -> frozenset[Key]:
        """What was altered and may have to be committed before it can be used."""
        return frozenset(key for key in self.altered if kinds()[key.kind].settles) - self.doubts.committed

    def _remaining_users(self, step: Step) -> frozenset[Key]:
        """What still uses an object that goes: its words are equal, and mean another object only after the drop."""
        if step.verb != "drop" or step.aspect:
            return frozenset()
        users = {user for user in self.task.old.users_of.get(step.key, ()) if user in self.task.new}
        return frozenset(user for user in users if not of_tables(self.task.old, user)) - self.doubts.refused

    def _replaced_users(self) -> frozenset[Key]:
        """What was replaced before a table operation and still blocks it: ``SELECT *`` takes what shall go."""
        replaced = {
            piece.step.key
            for piece in self.pieces
            if piece.step and piece.step.verb in ("replace", "alter") and not piece.step.aspect
        }
        return frozenset(replaced & self.task.old.users(self.task.touched)) - self.doubts.refused

    def _without_bodies(self, run: Runner, piece: Piece) -> bool:
        run.connection.exec_driver_sql("SET LOCAL check_function_bodies = off")
        worked = run.attempt(self._body(piece)) is None
        run.connection.exec_driver_sql("SET LOCAL check_function_bodies = on")
        return worked

    def _body(self, piece: Piece) -> str:
        return body(self.context, piece.operation or EntityOp("", "", "", "", piece.hidden, None))

    def _arrived(self, run: Runner) -> None:
        """Compare what is there with the goal."""
        state = catalog.read(through(run.connection), run.version, named=False).having(hollow(self.task.new))
        unable = self.way.unable.keys()
        self.exact = not self.failed and not (state.objects.keys() ^ self.task.new.objects.keys()) - unable
        wrong = {key for key in self.task.managed.union(self.kept) - unable if not _same(state, self.task, key)}
        if self.failed:
            return
        noted = {(piece.step.key, piece.step.aspect) for piece in self.pieces if piece.step and piece.lines.notes}
        untried = any(piece.lines.notes for piece in self.pieces if not piece.key and not piece.operation)
        unset = [
            (key, name)
            for key, name in _unset(state, self.task)
            if (key, name) not in noted
            and (key, name) not in self.way.unset
            and key not in unable
            and not (untried and key in self.kept)
        ]
        if amends := {pair: more for pair in unset if (more := self._amends(state, *pair))}:
            self.doubts = self.doubts._replace(amends={**self.doubts.amends, **amends})
            raise _Again
        doubted = {
            key
            for key in wrong.union(key for key, _ in unset)
            if key in self.task.new and self.doubts.distrust.get(key, 0) < QUALIFIED and key not in self.altered
        }
        for key in doubted:
            self.doubts = self.doubts.less(key)
        if doubted:
            raise _Again
        if amends := {pair: more for pair in unset if (more := self._amends(state, *pair, adds=False))}:
            self.doubts = self.doubts._replace(amends={**self.doubts.amends, **amends})
            raise _Again
        for key, name in unset:
            raise NotProved(
                f"the statements for {label(key, self.way.schema, name)} run, but do not set what is declared",
                help="the role that runs them may lack the right to; declare what it can set",
            )
        self.unequal = frozenset(wrong)

    def _amends(self, state: Snapshot, key: Key, name: str, *, adds: bool = True) -> tuple[str, ...]:
        """What makes of an aspect, one that adds up or another, the one that it shall be.

        A new object came with more, a new owner took over what was his already, a comment went with its constraint.
        """
        found, wanted = state[key].aspect(name), self.task.new[key].aspect(name)
        some = wanted or found
        if some is None or some.adds is not adds or (key, name) in self.doubts.amends:
            return ()
        return wanted.change(found) if wanted is not None else some.unset

    def failure(self) -> NotProved:
        piece, error = self.errors[0]
        where = self.way.source(piece.step.key) if piece.step else ""
        return NotProved(
            f"the statement that would {piece.lines.comment} fails",
            where=where,
            server=in_words(error, "detail"),
            help=_advice(piece) + "nothing was written; the statement is:\n" + "\n".join(piece.lines.statements),
        )


def _advice(piece: Piece) -> str:
    """What to do where columns cannot move to a type that is made again: of a partition key, or generated ones."""
    step = piece.step
    if step is None or not kinds()[step.key.kind].moves or not any("ALTER COLUMN" in text for text in step.statements):
        return ""
    return (
        "where a column cannot change its type, take away in a revision before what the server names, and bring it "
        "back in one behind; or leave the type as it is; "
    )


def _same(state: Snapshot, task: Task, key: Key) -> bool:
    if key not in state or key not in task.new:
        return (key in state) == (key in task.new)
    return state[key].definition == task.new[key].definition


def _unset(state: Snapshot, task: Task) -> list[tuple[Key, str]]:
    """The aspects that are compared and did not become what they shall be."""
    return [
        (key, name)
        for key, names in sorted(task.compared.items())
        if key in state and key in task.new
        for name in sorted(names)
        if state[key].aspect(name) != task.new[key].aspect(name)
    ]


def _unreached(way: Way, new: Snapshot, wrong: Iterable[Key]) -> NotProved:
    key = sorted(wrong)[0]
    piece = key in new and kinds()[key.kind].is_piece(new[key])
    return NotProved(
        f"the statements for {label(key, way.schema)} run, but do not lead to what is declared",
        help="what it has otherwise than its table is not changed: drop it in one revision and make it in the next"
        if piece
        else "report this, with the declaration, as a bug of alembic-ext",
    )
