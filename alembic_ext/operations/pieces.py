"""A plan and Alembic's operations, put together: the pieces of one direction of a revision, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

from alembic_ext.diff.plan import MAKE_WAY, Plan, Step
from alembic_ext.kinds import kinds
from alembic_ext.lineage import label
from alembic_ext.model import Key
from alembic_ext.operations import Lines, kept
from alembic_ext.sqltext import secret
from alembic_ext.sqltext.edit import unqualify

if TYPE_CHECKING:
    from alembic.operations.ops import MigrateOperation

KEPT = "owners, grants and comments of what is made again"
SILENT = Lines("")
NOT_PROVED = "not proved: "
LATER = "its body uses what is created only later: it is not checked here"


class Piece(NamedTuple):
    """A part of a direction: an operation of Alembic's, or lines of ours; ``slot`` counts the operations before it."""

    slot: int
    key: Key | None = None
    lines: Lines = SILENT
    operation: MigrateOperation | None = None
    step: Step | None = None

    @property
    def hidden(self) -> Lines:
        """The lines as they are tried, without secrets."""
        return self.lines._replace(statements=tuple(map(secret.hidden, self.lines.statements)))

    def spelled(self, said: Sequence[str]) -> Piece:
        """The piece with the secrets that are named in what is said of its object."""
        statements = tuple(secret.spelled(statement, said) for statement in self.lines.statements)
        return self._replace(lines=self.lines._replace(statements=statements))

    def noted(self, words: str) -> Piece:
        return self._replace(lines=self.lines._replace(notes=(*self.lines.notes, f"{NOT_PROVED}{words}")))


def assemble(
    plan: Plan,
    operations: Sequence[MigrateOperation],
    schema: str,
    *,
    forward: bool,
    ahead: int,
    above: Set[Key] = frozenset(),
) -> list[Piece]:
    """Our steps around Alembic's operations; an early step stands after the operations that make its tables, and all
    behind the first ones, that stand ``ahead``; but drops of what is ``above`` these stand before them.

    ``schema`` is the default one. What goes along with another object is named only ``forward``: there a name in a
    drop line ends ownership.
    """
    last = len(operations)
    slots: list[list[Piece]] = [[] for _ in range(last + 1)]
    first = [step for step in plan.before if step.key in above]
    if plan.kept:
        slot = 0 if first else ahead
        slots[slot].append(_save(plan, schema, slot))
    slots[0] += _dropped(0, first, schema, forward=forward)
    slots[ahead] += _dropped(ahead, [step for step in plan.before if step.key not in above], schema, forward=forward)
    for step in plan.early:
        slot = max(
            (
                position + 1
                for position, operation in enumerate(operations)
                if any(_makes(operation, table, schema) for table in step.needs)
            ),
            default=0,
        )
        slot = max(slot, ahead)
        slots[slot].append(_piece(slot, step, schema))
    slots[last] += [*_after(plan, schema, last), *_dropped(last, plan.last, schema, forward=forward)]
    return [
        piece
        for slot, ours in enumerate(slots)
        for piece in (*ours, *(Piece(slot, operation=operation) for operation in operations[slot : slot + 1]))
    ]


def _after(plan: Plan, schema: str, slot: int) -> Iterator[Piece]:
    """What stands behind the operations, with what brings back what is kept: all of it behind the last that has any,
    and before what is entitled to it that of what is there by then.
    """
    made = [place + 1 for place, step in enumerate(plan.after) if step.key in plan.kept and not step.aspect]
    whole = max(made, default=0) if plan.kept else None
    for place, step in enumerate([*plan.after, None]):
        if place == whole:
            yield Piece(slot, None, Lines(f"restore {KEPT}", (kept.RESTORE,)))
        elif step is not None and step.entitled:
            yield Piece(slot, None, Lines(f"restore {KEPT} so far", (kept.BRING_BACK,)))
        if step is not None:
            yield _piece(slot, step, schema)


def _save(plan: Plan, schema: str, slot: int) -> Piece:
    """Names without the default schema, so that the revision runs in another one too."""
    objects = []
    for key in plan.kept:
        kind = kinds()[key.kind]
        address = kind.address(key._replace(schema="") if key.schema == schema else key)
        args = address.args and tuple(unqualify(arg, schema) for arg in address.args)
        address = address._replace(names=tuple(filter(None, address.names)), args=args)
        if kind.identified_by == "types":
            address = address._replace(names=tuple(unqualify(name, schema) for name in address.names))
        objects.append((kind.catalog, kind.owner, address))
    some = [kinds()[key.kind] for key in plan.kept]
    attributes, constraints = any(kind.has_columns for kind in some), any(kind.has_constraints for kind in some)
    return Piece(
        slot, None, Lines(f"save {KEPT}", (kept.save(objects, attributes=attributes, constraints=constraints),))
    )


def _dropped(slot: int, steps: Sequence[Step], schema: str, *, forward: bool) -> Iterator[Piece]:
    """Drops; what goes along with one is named below its name."""
    along: list[str] = []
    for step in steps:
        piece = _piece(slot, step, schema)
        if not step.statements:
            along.append(piece.lines.comment)
            continue
        yield piece._replace(lines=piece.lines._replace(notes=tuple(along))) if forward else piece
        along = []


def _piece(slot: int, step: Step, schema: str) -> Piece:
    name = label(step.key, schema, step.aspect)
    comment = f"drop {name}, made again below" if step.verb == MAKE_WAY else f"{step.verb} {name}"
    if not step.unchecked:
        notes = (step.hint,) if step.hint else ()
        return Piece(slot, step.key, Lines(comment, step.statements, notes, step.committed), step=step)
    statements = ("SET check_function_bodies = off", *step.statements, "RESET check_function_bodies")
    return Piece(slot, step.key, Lines(comment, statements, (LATER,)), step=step)


def _makes(operation: MigrateOperation, table: Key, schema: str) -> bool:
    return (getattr(operation, "table_name", None), getattr(operation, "schema", None) or schema) == (
        table.name,
        table.schema,
    )
