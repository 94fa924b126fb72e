"""The stage of rows, behind all others: read, compared, proved in a sandbox, put at the end of the upgrade.

Where a revision does nothing else, the user's server compares. Else the rows are only read there: what becomes of them,
and which types their columns will have, is seen in the sandbox, after the operations that stand above.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from alembic_ext import ahead, plugin, rendered, scratch
from alembic_ext.errors import AlembicExtError, CannotCreate, NotProved
from alembic_ext.kinds import kinds
from alembic_ext.locks import TIMED_OUT
from alembic_ext.model import Key, Snapshot
from alembic_ext.operations import EntityOp, Lines
from alembic_ext.options import Options
from alembic_ext.prove import NOT_COMMITTED, words
from alembic_ext.rows.declared import Row, Seed
from alembic_ext.rows.difference import (
    Change,
    Found,
    Query,
    Shape,
    checked,
    compared,
    delete,
    difference,
    in_order,
    insert,
    printed,
    raw,
    shapes,
    update,
)
from alembic_ext.sandbox import provide_roles, sandbox, server
from alembic_ext.session import Live, through

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation
    from sqlalchemy.engine import Connection

log = logging.getLogger(f"alembic.{__name__}")

WORD = "rows"
"""What hooks see as the type, and what the comment lines say."""
NOT_THERE = "23503"
"""SQLSTATE of a foreign key that leads to nothing."""


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


def compare(
    context: AutogenContext,
    operations: Sequence[MigrateOperation],
    seeds: Sequence[Seed],
    known: Live,
    now: Snapshot,
    options: Options,
) -> list[MigrateOperation]:
    """The operations, and behind them those that lead to the declared rows.

    Raises:
        DeclarationError: a declaration does not fit its table, or there are too many rows.
        NotProved: a statement of ours fails, or does not lead to what is declared.
    """
    wanted = [seed for seed in seeds if _included(context, seed, known)]
    if not wanted:
        return [*operations]
    job = _Job(context, known, options, wanted)
    with ahead.reader(context, known, options.lock_timeout) as query, printed(query):
        job.here = shapes(query, wanted)
        for seed in wanted:
            with _told(seed):
                job.look(query, seed, alone=not operations)
    if operations or (any(job.changes.values()) and options.prove):
        return job.run(now, operations)
    return [step.operation(known.schema) for step in job.steps()]


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
                raise _missing(seed)
            shape = checked(seed, here[seed])
            with _told(seed):
                found = compared(query, seed, shape)
            change = difference(seed, shape, found, shape.columns)
            try:
                for step in _steps([seed], {seed: shape}, {seed: change}, here):
                    for statement in step.up:
                        query(statement)
            except Exception as error:
                raise CannotCreate(
                    f"rows of {seed.table} cannot be written",
                    where=seed.source,
                    server=_plain(error),
                    help="correct the declaration",
                ) from error


def _included(context: AutogenContext, seed: Seed, known: Live) -> bool:
    key = Key(WORD, seed.schema or known.schema, seed.name)
    return plugin.included(context, key, known, reflected=False, exists=True)


def _missing(seed: Seed) -> AlembicExtError:
    return seed.invalid("the table does not exist", "correct its name; tables come from the models")


@contextmanager
def _told(seed: Seed) -> Iterator[None]:
    """What the server refuses while it compares is said of the declaration."""
    try:
        yield
    except AlembicExtError:
        raise
    except Exception as error:
        if _code(error) in (None, TIMED_OUT):
            raise
        if _code(error) == NOT_COMMITTED:
            raise _not_committed(seed, error) from error
        raise seed.invalid(
            "they cannot be compared", "correct the values, or the types in the models", _plain(error)
        ) from error


def _code(error: Exception) -> str | None:
    inner = getattr(error, "orig", None) or error
    return getattr(inner, "sqlstate", None) or getattr(inner, "pgcode", None)


def _plain(error: Exception) -> str:
    """The server's words without its details, which show whole rows."""
    diagnostic = getattr(getattr(error, "orig", error), "diag", None)
    return (diagnostic and diagnostic.message_primary) or words(error)


def _steps(
    seeds: Sequence[Seed], want: Mapping[Seed, Shape], changes: Mapping[Seed, Change], here: Mapping[Seed, Shape]
) -> list[Step]:
    """Rows come in the order of the tables, then others change, then rows go in the reverse order.

    What is done to a table that the revision makes need not be taken back: it goes with the table.
    """
    come, change, go = list[Step](), list[Step](), list[Step]()
    for seed in (seed for seed in in_order(seeds, want) if changes.get(seed)):
        shape, what = want[seed], changes[seed]
        if what.added:
            undo = delete(seed, shape, what.added) if seed in here else ()
            come.append(Step(seed, "create", insert(seed, shape, what.added), undo))
        if what.changed:
            do = update(seed, shape, [(key, new) for key, new, _ in what.changed])
            undo = update(seed, shape, [(key, old) for key, _, old in reversed(what.changed)])
            change.append(Step(seed, "alter", do, undo))
        if what.removed:
            go.insert(0, Step(seed, "drop", delete(seed, shape, what.removed), insert(seed, shape, what.removed)))
    return [*come, *change, *go]


def _going_first(steps: Sequence[Step]) -> list[Step]:
    """The other order: a value that must be unique is free before it comes again."""
    order = {"drop": 0, "alter": 1, "create": 2}
    return sorted(steps, key=lambda step: order[step.verb])


@dataclass
class _Job:
    """What one run knows: the tables as they are ``here``, the rows ``read``, and what has to change."""

    context: AutogenContext
    known: Live
    options: Options
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
                raise _missing(seed)
            self.compare(query, seed, checked(seed, self.here[seed]))
            self.read[seed] = [one.row for one in self.found[seed] if one.row is not None]
        elif seed in self.here:
            shape = self.here[seed]
            if gone := [name for name in shape.key if name not in shape.columns]:
                raise seed.invalid(
                    f"the column {gone[0]!r} of the key is new in this revision", "make a revision of the table first"
                )
            if shape.key and all(row.get(name) is not None for row in seed.rows for name in shape.key):
                self.read[seed] = raw(query, seed, shape)

    def compare(self, query: Query, seed: Seed, shape: Shape, source: Sequence[Row] | None = None) -> None:
        known = self.here[seed].columns if seed in self.here else ()
        self.want[seed] = shape
        self.found[seed] = compared(query, seed, shape, source)
        self.changes[seed] = difference(seed, shape, self.found[seed], known)

    def steps(self) -> list[Step]:
        return _steps(self.seeds, self.want, self.changes, self.here)

    def run(self, now: Snapshot, operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
        """Compare and prove in a sandbox that holds the rows which were read."""
        try:
            return self._tried(now, operations)
        except NotCommitted:
            if (other := _committed(operations)) is None:
                raise
            return self._tried(now, other)

    def _tried(self, now: Snapshot, operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
        context = plugin.rendering(self.context)
        bodies = [rendered.body(context, operation) for operation in operations]
        context.imports.add("from textwrap import dedent")
        with ExitStack() as stack:
            where = stack.enter_context(server(self.known, self.options.sandbox, self.options.sandbox_major == "any"))
            provide_roles(self.known, where, frozenset())
            place = stack.enter_context(sandbox(self.known, where))
            scratch.rebuild(place, now.part({key for key in now if kinds()[key.kind].inert}))
            missing = self._load(place.session.run)
            with rendered.runner(place.engine, dict(rendered.header(context))) as run:
                errors = [error for body in bodies if (error := run.attempt(body)) is not None]
                if operations:
                    self._compare_there(through(run.connection), errors, missing)
                steps = self.steps()
                if steps and self.options.prove:
                    steps = _Proof(self, run, context, missing, errors).proved(steps)
            ours: list[MigrateOperation] = [step.operation(self.known.schema) for step in steps]
            major = place.session.version // 10000
        if ours and not operations and major != self.known.major:
            return plugin.remarked(
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
                if _code(error) is None:
                    raise
                missing[seed] = words(error)
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
                    raise _missing(seed)
                with _told(seed):
                    self.compare(
                        query, seed, checked(seed, want[seed]), self.read.get(seed) if seed in missing else None
                    )


class NotCommitted(NotProved):
    """What a type got in this revision is used before it was committed."""


def _not_committed(seed: Seed, error: Exception) -> NotCommitted:
    return NotCommitted(
        f"rows of {seed.table} have a value that their type does not have yet",
        where=seed.source,
        server=_plain(error),
        help="make a revision of the type first",
    )


def _committed(operations: Sequence[MigrateOperation]) -> list[MigrateOperation] | None:
    """The operations, where what can be used only later is committed at once; None where that is nowhere so."""
    found = list[Any](operations)
    for place, one in enumerate(found):
        if isinstance(one, EntityOp) and one.verb == "alter" and one.up and not one.up.committed:
            kind = kinds().get(one.kind)
            if kind is not None and kind.settles and not one.aspect:
                again = tuple(map(kind.again, one.up.statements))
                up = replace(one.up, statements=again, committed=True)
                found[place] = type(one)(one.verb, one.kind, one.schema, one.name, up, one.down)
    return found if found != list(operations) else None


@dataclass
class _Proof:
    """The statements, run there and back on a connection to the sandbox.

    ``missing`` says of which declarations the rows are not there, ``errors`` what of Alembic's failed before.
    """

    job: _Job
    run: rendered.Runner
    context: AutogenContext
    missing: Mapping[Seed, str]
    errors: Sequence[Exception]

    def proved(self, steps: Sequence[Step]) -> list[Step]:
        """The steps in an order that works, or with notes where the sandbox lacks what they need.

        Raises:
            NotProved: a step fails, or the rows are not what was declared.
        """
        refused: list[tuple[Step, Exception]] = []
        for order in ([*steps], _going_first(steps)) if not self.missing else ():
            failure = self._there_and_back(order)
            if failure is None:
                return order
            refused.append(failure)
        if any(_code(error) == NOT_COMMITTED for _, error in refused):
            raise _not_committed(refused[0][0].seed, refused[0][1])
        if self.missing or self.errors or any(_code(error) == NOT_THERE for _, error in refused):
            return self._noted(steps)
        step, error = refused[0]
        raise NotProved(
            f"the statement that would {step.verb} rows of {step.seed.table} fails",
            where=step.seed.source,
            server=_plain(error),
            help="nothing was written; correct the rows",
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
        operation = step.operation(self.job.known.schema)
        return self.run.attempt(rendered.body(self.context, operation.reverse() if back else operation))

    def _noted(self, steps: Sequence[Step]) -> list[Step]:
        noted = []
        for step in steps:
            reason = self.missing.get(step.seed) if step.verb != "create" else None
            if reason is None and (error := self._step(step)) is not None:
                reason = words([*self.errors, error][0])
            noted.append(step if reason is None else replace(step, notes=(f"not proved: {reason}",)))
        for table in dict.fromkeys(step.seed.table for step in noted if step.notes):
            log.warning("what is done to rows of %s could not be proved, the revision says why", table)
        return noted

    def _arrived(self, steps: Sequence[Step]) -> None:
        query = through(self.run.connection)
        for seed in dict.fromkeys(step.seed for step in steps):
            shape = self.job.want[seed]
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
        for seed in dict.fromkeys(step.seed for step in steps if step.seed in self.job.here):
            names = (*self.job.want[seed].key, *(name for name in seed.columns if name in self.job.here[seed].columns))
            with printed(query):
                found = compared(query, seed, self.job.want[seed])
            if _rows(found, names) != _rows(self.job.found[seed], names):
                raise NotProved(
                    f"rows of {seed.table} can be written, but the downgrade does not bring the old ones back",
                    where=seed.source,
                    help="a trigger or a rule changes them: leave the column out that it sets",
                )


def _rows(found: Sequence[Found], names: Sequence[str]) -> list[tuple[str | None, ...]]:
    return sorted((tuple(one.row.get(name) for name in names) for one in found if one.row is not None), key=repr)
