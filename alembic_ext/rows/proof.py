"""The steps on rows, run there and back in a sandbox that holds the rows which were read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alembic_ext.errors import NotProved, in_words
from alembic_ext.operations import rendered
from alembic_ext.prove.trial import NOT_COMMITTED
from alembic_ext.rows.declared import Seed
from alembic_ext.rows.difference import Found, compared, difference, printed
from alembic_ext.rows.shapes import Shape
from alembic_ext.rows.steps import Step, going_first, not_committed, settled
from alembic_ext.session import sqlstate, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

log = logging.getLogger(f"alembic.{__name__}")

NOT_THERE = "23503"
"""SQLSTATE of a foreign key that leads to nothing."""
TWICE = ("23505", "23P01")
"""SQLSTATEs of what two rows may not both have."""
BETWEEN = (
    "; where they are to change places: no two may have the same even between two statements, so declare the "
    "constraint DEFERRABLE, or give one of them another value in a revision before"
)


@dataclass
class Proof:
    """The statements, run there and back on a connection to the sandbox.

    ``here`` are the tables that were there before, ``want`` those after the operations, with the rows ``found`` then.
    ``missing`` says of which declarations the rows are not there, ``errors`` what of Alembic's failed before.
    """

    schema: str
    here: Mapping[Seed, Shape]
    want: Mapping[Seed, Shape]
    found: Mapping[Seed, Sequence[Found]]
    run: rendered.Runner
    context: AutogenContext
    missing: Mapping[Seed, str]
    errors: Sequence[Exception]

    def proved(self, steps: Sequence[Step], in_turn: Callable[[], Sequence[Step]]) -> list[Step]:
        """The steps in an order that works, or with notes where the sandbox lacks what they need.

        With those that are ``in_turn`` rows may change places; they are used where the others fail for that.

        Raises:
            NotProved: a step fails, or the rows are not what was declared.
        """
        refused: list[tuple[Step, Exception]] = []
        orders: Sequence[Callable[[], Sequence[Step]]] = (
            lambda: steps,
            lambda: going_first(steps),
            lambda: going_first(in_turn()),
        )
        for some in orders if not self.missing else ():
            if len(refused) == 2 and not any(sqlstate(error) in TWICE for _, error in refused):
                break
            order = settled(some(), self.want)
            failure = self._there_and_back(order)
            if failure is None:
                return order
            refused.append(failure)
        if any(sqlstate(error) == NOT_COMMITTED for _, error in refused):
            raise not_committed(refused[0][0].seed, refused[0][1])
        if self.missing or self.errors or any(sqlstate(error) == NOT_THERE for _, error in refused):
            return self._noted(settled(steps, self.want))
        step, error = refused[0]
        raise NotProved(
            f"the statement that would {step.verb} rows of {step.seed.table} fails",
            where=step.seed.source,
            server=in_words(error),
            help=f"nothing was written; correct the rows{BETWEEN if sqlstate(error) in TWICE else ''}",
        )

    def _there_and_back(self, steps: Sequence[Step]) -> tuple[Step, Exception] | None:
        """The step that fails, if one does; all is taken back."""
        savepoint = self.run.connection.begin_nested()
        try:
            for step in steps:
                if (error := self._step(step)) is not None:
                    return step, error
            self._arrived(steps)
            for step in reversed(steps):
                if step.down and (error := self._step(step, back=True)) is not None:
                    return step, error
            self._returned(steps)
            return None
        finally:
            savepoint.rollback()

    def _step(self, step: Step, *, back: bool = False) -> Exception | None:
        operation = step.operation(self.schema)
        return self.run.attempt(rendered.body(self.context, operation.reverse() if back else operation))

    def _noted(self, steps: Sequence[Step]) -> list[Step]:
        noted = []
        for step in steps:
            reason = self.missing.get(step.seed) if step.verb != "create" else None
            if reason is None and (error := self._step(step)) is not None:
                reason = in_words([*self.errors, error][0], "detail")
            noted.append(step if reason is None else _with_note(step, reason))
        if not any(step.notes for step in noted):  # it is the way back that fails
            for place, step in reversed([*enumerate(noted)]):
                if step.down and (error := self._step(step, back=True)) is not None:
                    noted[place] = _with_note(step, in_words(error, "detail"))
        for table in dict.fromkeys(step.seed.table for step in noted if step.notes):
            log.warning("what is done to rows of %s could not be proved, the revision says why", table)
        return noted

    def _arrived(self, steps: Sequence[Step]) -> None:
        query = through(self.run.connection)
        for seed in dict.fromkeys(step.seed for step in steps):
            shape = self.want[seed]
            with printed(query):
                found = compared(query, seed, shape)
            change = difference(seed, shape, found, shape.columns)
            if change:
                columns = sorted({name for _, new, _ in change.changed for name in new})
                what = f"the column {columns[0]!r} is" if columns else "the rows are"
                raise NotProved(
                    f"rows of {seed.table} can be written, but then {what} not as declared",
                    where=seed.source,
                    help="a trigger or a rule changes them: declare what it makes of them, or leave the column out",
                )

    def _returned(self, steps: Sequence[Step]) -> None:
        query = through(self.run.connection)
        for seed in dict.fromkeys(step.seed for step in steps if step.seed in self.here):
            names = (*self.want[seed].key, *(name for name in seed.columns if name in self.here[seed].columns))
            with printed(query):
                found = compared(query, seed, self.want[seed])
            if _rows(found, names) != _rows(self.found[seed], names):
                raise NotProved(
                    f"rows of {seed.table} can be written, but the downgrade does not bring the old ones back",
                    where=seed.source,
                    help="a trigger or a rule changes them: leave the column out that it sets",
                )


def _with_note(step: Step, reason: str) -> Step:
    return replace(step, notes=(f"not proved: {reason}",))


def _rows(found: Sequence[Found], names: Sequence[str]) -> list[tuple[str | None, ...]]:
    return sorted((tuple(one.row.get(name) for name in names) for one in found if one.row is not None), key=repr)
