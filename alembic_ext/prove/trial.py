"""One try of one direction: its text is run in a sandbox, piece by piece, and what is there then is compared."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from alembic_ext import catalog
from alembic_ext.diff.plan import Plan, Step, Task
from alembic_ext.errors import NotProved, in_words
from alembic_ext.kinds import hollow, kinds, of_tables
from alembic_ext.lineage import label
from alembic_ext.model import EMPTY, Key, Snapshot
from alembic_ext.operations import EntityOp
from alembic_ext.operations.pieces import Piece
from alembic_ext.operations.rendered import Runner, body
from alembic_ext.prove import helped
from alembic_ext.prove.advice import advice
from alembic_ext.prove.doubts import QUALIFIED, Doubts
from alembic_ext.prove.rowless import Rowless, bare, is_far
from alembic_ext.scratch.load import MISSING
from alembic_ext.session import sqlstate, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation

    from alembic_ext.sandbox import Sandbox

log = logging.getLogger(f"alembic.{__name__}")

IN_PLACE = frozenset({"42P16", "42P13", "42809", "0A000", "2BP01", "42710", "42723"})
"""SQLSTATEs with which the server refuses to replace an object in place."""

IN_USE = "2BP01"
NO_RIGHT, NO_WAY = "42501", "22023"
"""The role may not set an aspect; or there is no way to it, as to most versions of an extension but newer ones."""
NOT_COMMITTED = "55P04"


class Way(NamedTuple):
    """One direction: Alembic's operations in its order, and the task for what is known so far.

    ``ahead`` of them stand before all else. ``schema`` is the default schema, ``unable`` what the sandbox cannot hold
    and ``unset`` the aspects it may not set, with the reasons. ``source`` gives the place where an object was declared,
    if the direction leads there, ``said`` the statements that speak of it. ``fill`` is for what holds rows in the
    live database, and none in the sandbox. ``entitle`` gives a sandbox the owners and grants that nobody declared, and
    tells whether they are all that there are.
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
    fill: Sequence[str] = ()
    entitle: Callable[[Sandbox], bool] = lambda _: False


class Again(Exception):
    """This try has taught something: take it back."""


class Trial:
    """One try of one direction."""

    def __init__(self, context: AutogenContext, way: Way, task: Task, doubts: Doubts, plan: Plan) -> None:
        self.context, self.way, self.task, self.doubts = context, way, task, doubts
        self.first, self.kept, self.altered = doubts, plan.kept, plan.altered
        self.pieces: list[Piece] = []
        self.failed, self.exact, self.rowless = False, False, Rowless(way.fill)
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
            raise Again
        self._arrived(run)
        self._check_bodies(run)

    def _alone(self, piece: Piece) -> bool:
        step = piece.step
        apart = piece.operation is not None or (step is not None and (step.unchecked or step.committed))
        return apart or self._unable(piece) != "" or is_far(piece, self.task.new)

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
        if is_far(piece, self.task.new) and run.attempt(self._body(bare(piece))) is None:
            self._made_bare(piece, "it reads from another server")
            return
        error = run.attempt(self._body(piece))
        if self.rowless.fill(run, error):
            error = run.attempt(self._body(piece))
        if error is None:
            self.pieces.append(piece)
        elif sqlstate(error) == NOT_COMMITTED and (settling := self._settling()):
            self.doubts = self.doubts._replace(committed=self.doubts.committed | settling)
            raise Again
        elif piece.operation is not None:
            self._alembics(run, piece, piece.operation, error)
        elif self._query_may_be_why(error) and bare(piece) != piece and run.attempt(self._body(bare(piece))) is None:
            self._made_bare(piece, in_words(error))
        elif sqlstate(error) == NO_RIGHT and bare(piece) != piece and not self.doubts.rights:
            self.doubts = self.doubts._replace(rights=True)
            raise Again
        else:
            self._refused(run, piece, error)

    def _query_may_be_why(self, error: Exception) -> bool:
        """Whether it may fare better on the live database: with rows, or with rights that nobody knows here."""
        return self.rowless.may_be_why(error) or (self.doubts.unknown and sqlstate(error) == NO_RIGHT)

    def _made_bare(self, piece: Piece, reason: str) -> None:
        self.rowless.left_empty()
        self.pieces.append(piece.noted(f"its query was not run: {reason}"))

    def _alembics(self, run: Runner, piece: Piece, operation: MigrateOperation, error: Exception) -> None:
        """An operation of Alembic's failed: it is written all the same, with the reason and what may be missing."""
        if self.doubts != self.first:
            raise Again  # what failed before may be the reason
        if sqlstate(error) == IN_USE and (users := self._replaced_users()):
            self.doubts = self.doubts._replace(refused=self.doubts.refused | users)
            raise Again
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

    def _check_bodies(self, run: Runner) -> None:
        """Have the declared bodies checked that could not be when they were made, now that all is there.

        What is made again as it was is not: nobody declared it in this revision.
        """
        for piece in [] if self.failed else self.pieces:
            step = piece.step
            if step is None or not step.unchecked or not (where := self.way.source(step.key)):
                continue
            again = kinds()[step.key.kind].replace(step.statements[0])
            lines = piece.lines._replace(statements=(again,) if again else ())
            if error := run.attempt(body(self.context, EntityOp("", "", "", "", lines, None))):
                raise NotProved(
                    f"the body of {label(step.key, self.way.schema)} uses what does not exist",
                    where=where,
                    server=in_words(error, "detail"),
                    help="nothing was written; correct the name, or declare what is missing (for a table that the body "
                    "makes itself, use plpgsql, which looks at names when it runs)",
                )

    def _body(self, piece: Piece) -> str:
        return body(self.context, piece.operation or EntityOp("", "", "", "", piece.hidden, None))

    def _arrived(self, run: Runner) -> None:
        """Compare what is there with the goal."""
        state = catalog.read(through(run.connection), run.version, named=False).having(hollow(self.task.new))
        unable = self.way.unable.keys()
        self.exact = not self.failed and not (state.objects.keys() ^ self.task.new.objects.keys()) - unable
        if self.failed:
            return
        wrong = {key for key in self.task.managed.union(self.kept) - unable if not _same(state, self.task, key)}
        unset = self._not_set(state)
        self._amend(state, unset, adds=True)
        doubted = {
            key
            for key in wrong.union(key for key, _ in unset)
            if key in self.task.new and self.doubts.distrust.get(key, 0) < QUALIFIED and key not in self.altered
        }
        for key in doubted:
            self.doubts = self.doubts.less(key)
        if doubted:
            raise Again
        self._amend(state, unset, adds=False)
        for key, name in unset:
            raise NotProved(
                f"the statements for {label(key, self.way.schema, name)} run, but do not set what is declared",
                help="the role that runs them may lack the right to; declare what it can set",
            )
        self.unequal = frozenset(wrong)

    def _not_set(self, state: Snapshot) -> list[tuple[Key, str]]:
        """The aspects that were tried and are not what they shall be."""
        noted = {(piece.step.key, piece.step.aspect) for piece in self.pieces if piece.step and piece.lines.notes}
        untried = any(piece.lines.notes for piece in self.pieces if not piece.key and not piece.operation)
        return [
            (key, name)
            for key, name in _unset(state, self.task)
            if (key, name) not in noted
            and (key, name) not in self.way.unset
            and key not in self.way.unable
            and not (untried and key in self.kept)
        ]

    def _amend(self, state: Snapshot, unset: Iterable[tuple[Key, str]], *, adds: bool) -> None:
        """Learn what makes of these aspects, of those that add up or of the others, what they shall be."""
        if amends := {pair: more for pair in unset if (more := self._amends(state, *pair, adds=adds))}:
            self.doubts = self.doubts._replace(amends={**self.doubts.amends, **amends})
            raise Again

    def _amends(self, state: Snapshot, key: Key, name: str, *, adds: bool) -> tuple[str, ...]:
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
            f"the statement {'' if self.way.forward else 'of the downgrade '}that would {piece.lines.comment} fails",
            where=where,
            server=in_words(error, "detail"),
            help=advice(piece.step, self.task)
            + "nothing was written; the statement is:\n"
            + "\n".join(piece.lines.statements),
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
