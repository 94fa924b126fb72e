"""The part of a run that needs a sandbox: what is declared is made there, compared, and both ways are proved."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from alembic_ext import prove, scratch
from alembic_ext.diff import changes
from alembic_ext.engine.scope import Scope
from alembic_ext.engine.world import World
from alembic_ext.errors import CannotPlan
from alembic_ext.kinds import filled_as, hollow, kinds, name_of, ranks
from alembic_ext.lineage import Lineage, label
from alembic_ext.model import Key, Place, Snapshot, Stored
from alembic_ext.operations import EntityOp, Texts, leaving, merged, rendered
from alembic_ext.operations import tables as table_operations
from alembic_ext.operations.pieces import Piece
from alembic_ext.options import Options
from alembic_ext.prove import apart, held, helped
from alembic_ext.prove.doubts import Doubts
from alembic_ext.prove.trial import Way
from alembic_ext.sandbox import Sandbox
from alembic_ext.sandbox.server import provide_roles, server_session
from alembic_ext.sandbox.several import Sandboxes
from alembic_ext.scratch import reprint
from alembic_ext.scratch.asked import Asked, Wanted
from alembic_ext.scratch.filling import own_parts, parts
from alembic_ext.scratch.remote import is_remote
from alembic_ext.session import Live, through
from alembic_ext.sqltext import words

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

log = logging.getLogger(f"alembic.{__name__}")


@dataclass
class Job:
    """One run in a sandbox; afterwards ``quiet`` holds what was found to be as it is declared."""

    context: AutogenContext
    known: Live
    now: Snapshot
    scope: Scope
    history: Lineage
    options: Options
    operations: tuple[ops.MigrateOperation, ...]
    sandboxes: Sandboxes
    quiet: frozenset[Key] = frozenset()
    _places: Mapping[Place, Key] = field(init=False)

    def run(self) -> list[ops.MigrateOperation]:
        with ExitStack() as stack:
            where = self.sandboxes.server
            if self.now.unread:
                log.info("of kinds that are not read, so not in the sandbox: %s", ", ".join(self.now.unread))
            spoken_of = (self.scope.gone | self.scope.left).union(self.scope.keys.values())
            beside = spoken_of | self.now.users(self.scope.gone)  # what uses something that goes is in its way
            self.now = self.now.part({key for key in self.now if kinds()[key.kind].inert or key in beside})
            self._places = self.now.places
            live = self.now
            if where.foreign:
                named = frozenset(word for item in self.scope.declared for word in words(item.text))
                provide_roles(self.known, where, named, [key.name for key in _shared(self.scope.by_key)])
                self.now = self._printed_there()
            self.now = self.now.having(hollow(self.scope.keys.values()))
            place = stack.enter_context(self.sandboxes.one())
            touched = table_operations.touched(self.operations, self.known.schema)
            want = scratch.wanted(place, self._asked(touched))
            world = self._world(place, want, touched)
            self.quiet = frozenset(want.entities) - world.different
            if not self.operations and not world.different:
                return []
            return self._proved(place, world, live)

    def _proved(self, place: Sandbox, world: World, live: Snapshot) -> list[ops.MigrateOperation]:
        """Prove both ways; where tables that go are in the way of what they use, once more with these going first."""
        ways = world.task(Doubts(), back=False), world.task(Doubts(), back=True)
        try:
            return self._in_order(place, world, live, leaving.ordered(self.operations, ways, self.known.schema))
        except CannotPlan:
            order = leaving.ordered(self.operations, ways, self.known.schema, tables=True)
            if not any(order.ending):
                raise
        with self.sandboxes.one() as other:
            scratch.rebuild(other, world.want.snapshot)
            return self._in_order(other, world, live, order)

    def _in_order(
        self, place: Sandbox, world: World, live: Snapshot, order: leaving.Order
    ) -> list[ops.MigrateOperation]:
        """The way back first, since the sandbox is at the goal; then the way there, which ends at the goal again."""
        prove_it = self.options.prove
        world.leaving, world.ending = order.leaving, order.ending
        scratch.in_force(place, world.standing)
        fills = {
            key: text for key in self.now if (text := kinds()[key.kind].fill(self.now[key])) and not self._far(key)
        }
        fill = tuple(fills[key] for key in self.now.ordered(fills, ranks()))
        back = Way(
            tuple(operation.reverse() for operation in reversed(order.operations)),
            partial(world.task, back=True),
            self.known.schema,
            forward=False,
            unable=world.want.unable,
            unset=world.want.unset,
            said=partial(world.said, back=True),
            ahead=order.ahead[True],
            fill=fill,
            entitle=partial(self._entitle, world, live),
        )
        down, exact = self._tried(place if prove_it else None, back, world.want.snapshot, world.standing)
        there = back._replace(
            operations=order.operations,
            task=partial(world.task, back=False),
            forward=True,
            source=world.source,
            said=partial(world.said, back=False),
            ahead=order.ahead[False],
        )
        if exact or not prove_it:
            up, _ = self._tried(place if prove_it else None, there, self.now, world.standing)
        else:
            with self.sandboxes.one() as other:
                scratch.rebuild(other, self.now)
                up, _ = self._tried(other, there, self.now, world.standing)
        where = self.sandboxes.server
        if where.throwaway and prove_it and (keys := _shared(world.managed | world.compared.keys())):
            with server_session(self.known, where) as session:
                asked = self._asked(frozenset())
                up, down = apart.proved(session, apart.Apart(keys, asked, world.want.entities), up, down)
        if self.context.connection is not None:
            up = held.noted(up, world, self._places, through(self.context.connection))
        _warn_of_tabs((*up, *down))
        together = merged.merge(up, down, order.operations)
        _add_texts(together, world, self.known.schema)
        if (major := place.session.version // 10000) != self.known.major:
            return merged.remarked(
                together, f"not proved on PostgreSQL {self.known.major}: it was run on PostgreSQL {major}"
            )
        return together

    def _tried(
        self,
        place: Sandbox | None,
        way: Way,
        start: Snapshot,
        standing: Snapshot,
        doubts: Doubts | None = None,
    ) -> tuple[list[Piece], bool]:
        """Prove one way; where something could not be altered in place, once more from its start."""
        try:
            return prove.prove(place, self.context, self._header, way, doubts)
        except prove.Missed as missed:
            with self.sandboxes.one() as other:
                scratch.rebuild(other, start)
                scratch.in_force(other, standing)
                if missed.doubts.rights:
                    way.entitle(other)
                return self._tried(other, way, start, standing, missed.doubts)[0], False

    def _entitle(self, world: World, live: Snapshot, place: Sandbox) -> bool:
        """Give a sandbox the rights of the live database; on another server roles may be able to do other things."""
        rights, whole = world.entitled(live)
        return scratch.entitle(place, rights) and whole and not self.sandboxes.server.foreign

    def _printed_there(self) -> Snapshot:
        """Another server may print otherwise: what is there is rebuilt and printed by the one that prints the rest."""
        with self.sandboxes.one() as place:
            scratch.rebuild(place, self.now)
            there = place.read()
            far = self.now.part({key for key in self.now if is_remote(key.kind)})
            objects = {key: filled_as(stored, self.now.objects.get(key)) for key, stored in there.objects.items()}
            return replace(there, objects={**objects, **far.objects}, edges=there.edges | far.edges)

    @cached_property
    def _header(self) -> Mapping[str, Any]:
        for operation in (*self.operations, *(operation.reverse() for operation in self.operations)):
            rendered.body(self.context, operation)  # collects the imports it needs
        self.context.imports.add("from textwrap import dedent")
        return rendered.header(self.context)

    def _asked(self, touched: frozenset[tuple[str, str]]) -> Asked:
        relations = frozenset(
            key for key in self.now if not kinds()[key.kind].droppable and (key.schema, key.name) in touched
        )
        runs = tuple(partial(self._run, operation) for operation in self.operations)
        return Asked(
            self.scope.declared,
            self.scope.keys,
            self.now,
            self.scope.gone,
            relations,
            runs,
            self.known.path,
            self._written,
            self._said,
        )

    def _written(self, key: Key, aspect: str) -> tuple[str, ...]:
        return self.history.texts.get(label(key, self.known.schema, aspect), ())

    def _said(self, key: Key, aspect: str) -> tuple[str, ...]:
        return self.history.said.get(label(key, self.known.schema, aspect), ())

    def _run(self, operation: ops.MigrateOperation, place: Sandbox) -> Exception | None:
        with rendered.runner(place.engine, dict(self._header)) as run:
            error = run.attempt(rendered.body(self.context, operation))
            if error is not None and any(run.invoke(way) is None for _, way in helped.ways(self.context, operation)):
                return None
            return error

    def _far(self, key: Key) -> bool:
        return any(kinds()[used.kind].far for used in self.now.needed([key]))

    def _follows(self, want: Snapshot, key: Key) -> bool:
        """Whether a table has other columns because its type has, or what it inherits from."""
        if key not in self.now or key not in want or self.now[key].columns == want[key].columns:
            return False
        above = any(used.kind == key.kind for used in self.now.used_by.get(key, ()))
        return above or bool(kinds()[key.kind].follows(self.now[key]))

    def _world(self, place: Sandbox, want: Wanted, touched: frozenset[tuple[str, str]]) -> World:
        gone = self.scope.gone
        declared = frozenset(
            key for key, items in want.entities.items() if any(item.creates and not item.aspect for item in items)
        )
        managed = declared | gone | parts(self.now, declared | gone) | parts(want.snapshot, declared)
        stay = declared & self.now.objects.keys() & want.snapshot.objects.keys()
        managed |= own_parts(self.now, stay) | own_parts(want.snapshot, stay)
        managed -= {key for key in managed if key not in self.now and key not in want.snapshot}
        found = frozenset(
            key
            for key in (*self.now, *want.snapshot)
            if not kinds()[key.kind].droppable
            and ((key.schema, key.name) in touched or self._follows(want.snapshot, key))
        )
        world = World(self.known, self.now, want, self.history, managed, found, self.scope.left, self.scope.beyond)
        different = [
            key for key in changes(world.task(Doubts(), back=False)) if key in self.now and key in want.snapshot
        ]
        world.same = reprint.equal(place, want.snapshot, self.now, different)
        return world


def _add_texts(operations: Sequence[ops.MigrateOperation], world: World, schema: str) -> None:
    """Let the operations know the texts that they lead from and to."""
    for operation in operations:
        if isinstance(operation, EntityOp) and operation.key is not None:
            key, aspect = operation.key, operation.aspect
            old, new = (_text(side.objects.get(key), aspect) for side in (world.now, world.want.snapshot))
            operation.texts = Texts(old, new, label(key, schema, aspect), world.source(key))


def _text(stored: Stored | None, aspect: str) -> tuple[str, ...]:
    if stored is None or not aspect:
        return stored.definition if stored else ()
    found = stored.aspect(aspect)
    return found.set if found else ()


def _shared(keys: Iterable[Key]) -> frozenset[Key]:
    """Those of what belongs to the whole server."""
    return frozenset(key for key in keys if kinds()[key.kind].shared)


def _warn_of_tabs(pieces: Sequence[Piece]) -> None:
    """Alembic's offline mode writes four spaces for a tab, so that a body would be stored with other bytes."""
    tabbed = sorted(
        {name_of(piece.key) for piece in pieces if piece.key and any("\t" in text for text in piece.lines.statements)}
    )
    if tabbed:
        log.warning("there are tabs in %s: `alembic upgrade --sql` writes four spaces for each", ", ".join(tabbed))
