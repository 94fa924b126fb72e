"""The stage of rows, behind all others: read, compared, proved in a sandbox, put at the end of the upgrade.

Where a revision does nothing else, the user's server compares. Else the rows are only read there: what becomes of them,
and which types their columns will have, is seen in the sandbox, after the operations that stand above.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic_ext import scratch
from alembic_ext.engine import ahead, autogen
from alembic_ext.errors import CannotCreate, in_words
from alembic_ext.kinds import kinds
from alembic_ext.model import Key, Snapshot
from alembic_ext.operations import EntityOp, merged, rendered
from alembic_ext.options import Options
from alembic_ext.rows.declared import Row, Seed
from alembic_ext.rows.difference import Change, Found, compared, difference, printed, raw
from alembic_ext.rows.proof import Proof
from alembic_ext.rows.shapes import Query, Shape, checked, in_order, shapes
from alembic_ext.rows.statements import insert
from alembic_ext.rows.steps import WORD, NotCommitted, Step, missing_table, settled, steps_of, told
from alembic_ext.sandbox.server import provide_roles
from alembic_ext.sandbox.several import Sandboxes
from alembic_ext.session import Live, sqlstate, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation
    from sqlalchemy.engine import Connection

log = logging.getLogger(f"alembic.{__name__}")


def compare(
    context: AutogenContext,
    operations: Sequence[MigrateOperation],
    seeds: Sequence[Seed],
    known: Live,
    now: Snapshot,
    options: Options,
    sandboxes: Sandboxes,
) -> list[MigrateOperation]:
    """The operations, and behind them those that lead to the declared rows.

    Raises:
        DeclarationError: a declaration does not fit its table, or there are too many rows.
        NotProved: a statement of ours fails, or does not lead to what is declared.
    """
    wanted = [seed for seed in seeds if _included(context, seed, known)]
    if not wanted:
        return [*operations]
    job = _Job(context, known, options, sandboxes, wanted)
    with ahead.reading(context, known, options.lock_timeout) as query, printed(query):
        job.here = shapes(query, wanted)
        for seed in wanted:
            with told(seed):
                job.look(query, seed, alone=not operations)
    if operations or (any(job.changes.values()) and options.prove):
        return job.run(now, operations)
    return [step.operation(known.schema) for step in settled(job.steps(), job.want)]


def write(connection: Connection, seeds: Sequence[Seed]) -> None:
    """Put declared rows into tables that are there.

    Raises:
        CannotCreate: the server refuses one.
    """
    query = through(connection)
    with printed(query):
        here = shapes(query, seeds)
        for seed in in_order(seeds, here):
            if seed not in here:
                raise missing_table(seed)
            shape = checked(seed, here[seed])
            with told(seed):
                found = compared(query, seed, shape)
            change = difference(seed, shape, found, shape.columns)
            try:
                for step in steps_of([seed], {seed: shape}, {seed: change}, here):
                    for statement in step.up:
                        query(statement)
            except Exception as error:
                raise CannotCreate(
                    f"rows of {seed.table} cannot be written",
                    where=seed.source,
                    server=in_words(error),
                    help="correct the declaration",
                ) from error


def _included(context: AutogenContext, seed: Seed, known: Live) -> bool:
    key = Key(WORD, seed.schema or known.schema, seed.name)
    return autogen.included(context, key, known, reflected=False, exists=True)


@dataclass
class _Job:
    """What one run knows: the tables as they are ``here``, the rows ``read``, and what has to change."""

    context: AutogenContext
    known: Live
    options: Options
    sandboxes: Sandboxes
    seeds: Sequence[Seed]
    here: dict[Seed, Shape] = field(default_factory=dict)
    want: dict[Seed, Shape] = field(default_factory=dict)
    read: dict[Seed, Sequence[Row]] = field(default_factory=dict)
    found: dict[Seed, Sequence[Found]] = field(default_factory=dict)
    changes: dict[Seed, Change] = field(default_factory=dict)

    def look(self, query: Query, seed: Seed, *, alone: bool) -> None:
        """Read what a declaration is about, and compare it where the tables stay as they are."""
        if alone:
            if seed not in self.here:
                raise missing_table(seed)
            self.compare(query, seed, checked(seed, self.here[seed]))
            self.read[seed] = [one.row for one in self.found[seed] if one.row is not None]
        elif seed in self.here:
            shape = self.here[seed]
            if gone := [name for name in shape.key if name not in shape.columns]:
                raise seed.invalid(
                    f"the column {gone[0]!r} of the key is new in this revision", "make a revision of the table first"
                )
            if not shape.key:
                raise seed.invalid(
                    "the table has no primary key yet",
                    "make a revision of the table first, or say by which columns to tell rows apart: key=…",
                )
            if all(row.get(name) is not None for row in seed.rows for name in shape.key):
                self.read[seed] = raw(query, seed, shape)

    def compare(self, query: Query, seed: Seed, shape: Shape, source: Sequence[Row] | None = None) -> None:
        known = self.here[seed].columns if seed in self.here else ()
        self.want[seed] = shape
        self.found[seed] = compared(query, seed, shape, source)
        self.changes[seed] = difference(seed, shape, self.found[seed], known)

    def steps(self, *, turns: bool = False) -> list[Step]:
        return steps_of(self.seeds, self.want, self.changes, self.here, turns=turns)

    def run(self, now: Snapshot, operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
        """Compare and prove in a sandbox that holds the rows which were read."""
        try:
            return self._tried(now, operations)
        except NotCommitted:
            if (other := _committed(operations)) is None:
                raise
            return self._tried(now, other)

    def _tried(self, now: Snapshot, operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
        context = autogen.rendering(self.context)
        bodies = [rendered.body(context, operation) for operation in operations if _may_run(operation)]
        context.imports.add("from textwrap import dedent")
        with ExitStack() as stack:
            provide_roles(self.known, self.sandboxes.server, frozenset())
            place = stack.enter_context(self.sandboxes.one())
            scratch.rebuild(place, now.part({key for key in now if kinds()[key.kind].inert}))
            missing = self._load(place.session.run)
            with rendered.runner(place.engine, dict(rendered.header(context))) as run:
                errors = [error for body in bodies if (error := run.attempt(body)) is not None]
                if operations:
                    self._compare_there(through(run.connection), errors, missing)
                steps = self.steps()
                if not self.options.prove:
                    steps = settled(steps, self.want)
                elif steps:
                    proof = Proof(self.known.schema, self.here, self.want, self.found, run, context, missing, errors)
                    steps = proof.proved(steps, lambda: self.steps(turns=True))
            ours: list[MigrateOperation] = [step.operation(self.known.schema) for step in steps]
            major = place.session.version // 10000
        if ours and not operations and major != self.known.major:
            return merged.remarked(
                ours, f"not proved on PostgreSQL {self.known.major}: it was run on PostgreSQL {major}"
            )
        return [*operations, *ours]

    def _load(self, run: Callable[[str], None]) -> dict[Seed, str]:
        """Put the rows that were read into the sandbox; give the reasons where that cannot be."""
        missing = {}
        for seed in in_order(self.seeds, self.here):
            try:
                for statement in insert(seed, self.here[seed], self.read[seed]) if self.read.get(seed) else ():
                    run(statement)
            except Exception as error:
                if sqlstate(error) is None:
                    raise
                missing[seed] = in_words(error, "detail")
        return missing

    def _compare_there(self, query: Query, errors: Sequence[Exception], missing: Mapping[Seed, str]) -> None:
        with printed(query):
            want = shapes(query, self.seeds)
            for seed in self.seeds:
                if seed not in want and errors:
                    log.warning(
                        "rows of %s are left for the next revision: its table could not be made in the sandbox",
                        seed.table,
                    )
                    continue
                if seed not in want:
                    raise missing_table(seed)
                with told(seed):
                    self.compare(
                        query, seed, checked(seed, want[seed]), self.read.get(seed) if seed in missing else None
                    )


def _may_run(operation: MigrateOperation) -> bool:
    """Whether an operation may be run in a sandbox: not what was not proved there, nor what acts on its own."""
    if not isinstance(operation, EntityOp) or operation.up is None:
        return True
    kind = kinds().get(operation.kind)
    here = kind is None or (kind.inert and not getattr(kind, "remote", ""))
    return here and not any(note.startswith("not proved") for note in operation.up.notes)


def _committed(operations: Sequence[MigrateOperation]) -> list[MigrateOperation] | None:
    """The operations, where what can be used only later is committed at once; None where that is nowhere so."""
    found = list[Any](operations)
    for place, one in enumerate(found):
        if isinstance(one, EntityOp) and one.verb == "alter" and one.up and not one.up.committed:
            kind = kinds().get(one.kind)
            if kind is not None and kind.settles and not one.aspect:
                again = tuple(map(kind.again, one.up.statements))
                up = one.up._replace(statements=again, committed=True)
                found[place] = type(one)(one.verb, one.kind, one.schema, one.name, up, one.down)
    return found if found != list(operations) else None
