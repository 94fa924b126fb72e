"""The steps that lead from the rows that are there to those declared, and what to say where one fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from alembic_ext.engine.locks import TIMED_OUT
from alembic_ext.errors import AlembicExtError, NotProved, in_words
from alembic_ext.operations import EntityOp, Lines
from alembic_ext.prove.trial import NOT_COMMITTED
from alembic_ext.rows.declared import Seed
from alembic_ext.rows.difference import Change
from alembic_ext.rows.shapes import Shape, in_order
from alembic_ext.rows.statements import delete, insert, update
from alembic_ext.rows.turns import ASIDE, in_turn, steps_aside
from alembic_ext.session import sqlstate

WORD = "rows"
"""What hooks see as the type, and what the comment lines say."""


@dataclass(frozen=True)
class Step:
    """What is done to the rows of one table, and what takes it back; ``notes`` say why it is not proved."""

    seed: Seed
    verb: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def operation(self, schema: str) -> EntityOp:
        opposite = {"create": "drop", "drop": "create"}.get(self.verb, self.verb)
        what = f"{WORD} of {self.seed.table}"
        up = Lines(f"{self.verb} {what}", self.up, self.notes)
        down = Lines(f"{opposite} {what}", self.down, self.notes) if self.down else None
        return EntityOp(self.verb, WORD, self.seed.schema or schema, self.seed.name, up, down)


def missing_table(seed: Seed) -> AlembicExtError:
    """What to say where there is no such table."""
    return seed.invalid("the table does not exist", "correct its name; tables come from the models")


@contextmanager
def told(seed: Seed) -> Iterator[None]:
    """What the server refuses while it compares is said of the declaration."""
    try:
        yield
    except AlembicExtError:
        raise
    except Exception as error:
        if sqlstate(error) in (None, TIMED_OUT):
            raise
        if sqlstate(error) == NOT_COMMITTED:
            raise not_committed(seed, error) from error
        raise seed.invalid(
            "they cannot be compared",
            "correct the values, or the types in the models",
            in_words(error),  # without its details, which show whole rows
        ) from error


def steps_of(
    seeds: Sequence[Seed],
    want: Mapping[Seed, Shape],
    changes: Mapping[Seed, Change],
    here: Mapping[Seed, Shape],
    *,
    turns: bool = False,
) -> list[Step]:
    """Rows come in the order of the tables, then others change, then rows go in the reverse order.

    What is done to a table that the revision makes need not be taken back: it goes with the table; unless it refers to
    rows that go before. With ``turns`` rows of a table may change places under a unique index.
    """
    come, change, go = list[Step](), list[Step](), list[Step]()
    old = {number for number, seed in enumerate(seeds) if seed in here and changes.get(seed)}
    for seed in (seed for seed in in_order(seeds, want) if changes.get(seed)):
        shape, what = want[seed], changes[seed]
        if what.added:
            undo = delete(seed, shape, what.added) if seed in here or shape.refers & old else ()
            come.append(Step(seed, "create", insert(seed, shape, what.added), undo))
        if what.changed:
            change.append(_in_turn(seed, shape, what) if turns else _in_any_order(seed, shape, what))
        if what.removed:
            go.insert(0, Step(seed, "drop", delete(seed, shape, what.removed), insert(seed, shape, what.removed)))
    return [*come, *change, *go]


def _in_any_order(seed: Seed, shape: Shape, what: Change) -> Step:
    do = update(seed, shape, [(key, new) for key, new, _ in what.changed])
    return Step(seed, "alter", do, update(seed, shape, [(key, old) for key, _, old in reversed(what.changed)]))


def _in_turn(seed: Seed, shape: Shape, what: Change) -> Step:
    back = [(key, old, new) for key, new, old in what.changed]
    notes = (ASIDE,) if any(steps_aside(shape, rows) for rows in (what.changed, back)) else ()
    return Step(seed, "alter", in_turn(seed, shape, what.changed), in_turn(seed, shape, back), notes)


def settled(steps: Sequence[Step], want: Mapping[Seed, Shape]) -> list[Step]:
    """The steps with what lets deferred constraints have their say at the end of each way: DDL cannot wait for it."""
    names = ", ".join(sorted({name for step in steps for name in want[step.seed].deferred}))
    found = [*steps]
    if names:
        say = tuple(f"SET CONSTRAINTS {names} {when}" for when in ("IMMEDIATE", "DEFERRED"))
        found[-1] = replace(found[-1], up=(*found[-1].up, *say))
        if (first := next((place for place, step in enumerate(found) if step.down), None)) is not None:
            found[first] = replace(found[first], down=(*found[first].down, *say))
    return found


def going_first(steps: Sequence[Step]) -> list[Step]:
    """The other order: a value that must be unique is free before it comes again."""
    order = {"drop": 0, "alter": 1, "create": 2}
    return sorted(steps, key=lambda step: order[step.verb])


class NotCommitted(NotProved):
    """What a type got in this revision is used before it was committed."""


def not_committed(seed: Seed, error: Exception) -> NotCommitted:
    """What to say of a value that cannot be used in the transaction that adds it to its type."""
    return NotCommitted(
        f"rows of {seed.table} have a value that their type does not have yet",
        where=seed.source,
        server=in_words(error),
        help="make a revision of the type first",
    )
