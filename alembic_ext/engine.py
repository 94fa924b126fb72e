"""One autogenerate, from what is declared and what is there to operations: the stages in their order.

metadata ─collect─▶ declared ──┐
                               ├─▶ scratch.wanted ─▶ want ─┐
database ──catalog.read─▶ now ─┤                           ├─▶ diff ─▶ prove ─▶ operations
Alembic's operations ──────────┴───────────────────────────┘
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_ext import (
    __version__,
    ahead,
    from_models,
    helped,
    lineage,
    plugin,
    prove,
    rename,
    rendered,
    reprint,
    scratch,
    table_operations,
)
from alembic_ext.cache import Cache, Quiet
from alembic_ext.diff import changes
from alembic_ext.errors import AlembicExtError
from alembic_ext.kinds import hollow, kinds
from alembic_ext.lineage import Lineage, label
from alembic_ext.model import Declared, Key, Snapshot
from alembic_ext.names import names
from alembic_ext.options import Options
from alembic_ext.pieces import Piece
from alembic_ext.prove import Doubts, Way
from alembic_ext.remote import is_remote
from alembic_ext.sandbox import Sandbox, provide_roles, sandbox, server
from alembic_ext.scope import Scope, loud, part, scoped
from alembic_ext.session import Live, through
from alembic_ext.sqltext import words
from alembic_ext.world import World

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

    from alembic_ext.rows.declared import Seed

log = logging.getLogger(f"alembic.{__name__}")


def compare(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    declared: Sequence[Declared],
    seeds: Sequence[Seed],
    options: Options,
) -> None:
    """Put what leads to the declared state among Alembic's operations."""
    with _no_collection():
        _compare(context, upgrade_ops, declared, seeds, options)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Thousands of values are made and none in a cycle; each pass of the collector would look at all of Alembic too."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _compare(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    declared: Sequence[Declared],
    seeds: Sequence[Seed],
    options: Options,
) -> None:
    script, functions = context.migration_context.script, plugin.upgrade_functions(context)
    branches = [
        lineage.events(script, heads, functions, others=options.alembic_utils) for heads in plugin.heads(context)
    ]
    if not declared and not seeds and not any(branches) and not options.manage and not options.compare:
        return
    known, now = ahead.result(context, options.lock_timeout)
    there = now
    models = plugin.models(context)
    pieces = {(key.schema, key.name) for key in now if kinds()[key.kind].is_piece(now[key])}
    pieces -= {(table.schema or known.schema, table.name) for one in models for table in one.tables.values()}
    upgrade_ops.ops = table_operations.without(upgrade_ops.ops, pieces, known.schema)
    declared = (*declared, *from_models.declared(models, options.compare, now, known.schema, upgrade_ops.ops))
    with ExitStack() as stack:
        assert context.connection is not None
        rows, renamed = through(context.connection), None
        addresses = [item.address for item in (*declared, *lineage.foreign(branches))]
        meaning = names(rows, known.path, addresses, now)
        if renamings := rename.asked(declared, meaning, now, partial(plugin.lets_in, context, known)):
            where = stack.enter_context(server(known, options.sandbox, options.sandbox_major == "any"))
            place = stack.enter_context(sandbox(known, where))
            renamed = rename.renamed(place, now, renamings)
            now, meaning = renamed.now, names(place.session.rows, known.path, addresses, renamed.now)
        about, history = scoped(context, known, now, declared, branches, options, meaning, renamed)
    before: list[ops.MigrateOperation] = []
    if renamed:
        up, down = renamed.pieces(known.schema, history.owned)
        before = plugin.merge(up, down, ())
        types = {(old.schema, old.name): (new.schema, new.name) for old, new in renamed.names.items()}
        upgrade_ops.ops = table_operations.without_renamed_types(upgrade_ops.ops, types, known.schema)
    upgrade_ops.ops = table_operations.as_they_are(upgrade_ops.ops, now, known.schema)
    operations = tuple(_with_types_made(upgrade_ops.ops, known, now, about, options))
    work = partial(Job, plugin.rendering(context), known, history=history, options=options, operations=operations)
    upgrade_ops.ops = [*before, *_work(work, now, about, operations, options, known)]
    if seeds:
        from alembic_ext.rows import stage

        upgrade_ops.ops = stage.compare(context, upgrade_ops.ops, seeds, known, there, options)


def _with_types_made(
    operations: Sequence[ops.MigrateOperation], known: Live, now: Snapshot, scope: Scope, options: Options
) -> list[ops.MigrateOperation]:
    """Alembic's operations without the making of types that are there or that we make."""
    types = {key for item, key in scope.keys.items() if item.creates and not item.aspect}
    types |= set(now) - scope.gone if options.enum_columns else set()
    made = {(key.schema, key.name) for key in types if kinds()[key.kind].moves}

    def is_made(name: tuple[str | None, str]) -> bool:
        return (name[0] or known.schema, name[1]) in made

    return table_operations.with_types_made(operations, is_made, is_made)


def _work(
    work: Callable[..., Job],
    now: Snapshot,
    scope: Scope,
    operations: tuple[ops.MigrateOperation, ...],
    options: Options,
    known: Live,
) -> list[ops.MigrateOperation]:
    """Do as little as is needed: nothing where all is known to be equal, a part where only a part may differ."""
    if not scope.declared and not scope.gone and not scope.left:
        return list(operations)
    quiet = Quiet.recall(Cache(options.cache), __version__, known, now, scope.by_key, options)
    different = loud(scope, now, quiet)
    if not operations and not different and not scope.gone and not scope.left:
        return []
    job = work(now=now, scope=scope)
    if not operations and len(different) < len(scope.declared):
        try:
            job = work(*part(now, scope, different))
            found = job.run()
        except AlembicExtError as error:  # the part may lack something that only the whole has
            log.debug("once more, with the whole database: %s", error)
            job = work(now=now, scope=scope)
            found = job.run()
    else:
        found = job.run()
    quiet.learn(job.quiet)
    return found


@dataclass
class Job:
    """The part of a run that needs a sandbox."""

    context: AutogenContext
    known: Live
    now: Snapshot
    scope: Scope
    history: Lineage
    options: Options
    operations: tuple[ops.MigrateOperation, ...]
    quiet: frozenset[Key] = frozenset()

    def run(self) -> list[ops.MigrateOperation]:
        with ExitStack() as stack:
            where = stack.enter_context(server(self.known, self.options.sandbox, self.options.sandbox_major == "any"))
            if self.now.unread:
                log.info("of kinds that are not read, so not in the sandbox: %s", ", ".join(self.now.unread))
            spoken_of = (self.scope.gone | self.scope.left).union(self.scope.keys.values())
            self.now = self.now.part({key for key in self.now if kinds()[key.kind].inert or key in spoken_of})
            if where.foreign:
                provide_roles(
                    self.known, where, frozenset(word for item in self.scope.declared for word in words(item.text))
                )
                self.now = self._printed_there(where)
            self.now = self.now.having(hollow(self.scope.keys.values()))
            place = stack.enter_context(sandbox(self.known, where))
            header = self._header()
            touched = table_operations.touched(self.operations, self.known.schema)
            want = scratch.wanted(place, self._asked(header, touched))
            world = self._world(place, want, touched)
            self.quiet = frozenset(want.entities) - world.different
            if not self.operations and not world.different:
                return []
            return self._proved(place, where, header, world)

    def _proved(
        self, place: Sandbox, where: Any, header: Mapping[str, Any], world: World
    ) -> list[ops.MigrateOperation]:
        """The way back first, since the sandbox is at the goal; then the way there, which ends at the goal again."""
        prove_it = self.options.prove
        scratch.in_force(place, world.standing)
        back = Way(
            tuple(operation.reverse() for operation in reversed(self.operations)),
            partial(world.task, back=True),
            self.known.schema,
            forward=False,
            unable=world.want.unable,
            unset=world.want.unset,
            said=partial(world.said, back=True),
        )
        down, exact = self._tried(place if prove_it else None, where, header, back, world.want.snapshot, world.standing)
        there = Way(
            self.operations,
            partial(world.task, back=False),
            self.known.schema,
            forward=True,
            unable=world.want.unable,
            source=world.source,
            said=partial(world.said, back=False),
        )
        if exact or not prove_it:
            up, _ = self._tried(place if prove_it else None, where, header, there, self.now, world.standing)
        else:
            with sandbox(self.known, where) as other:
                scratch.rebuild(other, self.now)
                up, _ = self._tried(other, where, header, there, self.now, world.standing)
        _warn_of_tabs((*up, *down))
        merged = plugin.merge(up, down, self.operations)
        if (major := place.session.version // 10000) != self.known.major:
            return plugin.remarked(
                merged, f"not proved on PostgreSQL {self.known.major}: it was run on PostgreSQL {major}"
            )
        return merged

    def _tried(
        self,
        place: Sandbox | None,
        where: Any,
        header: Mapping[str, Any],
        way: Way,
        start: Snapshot,
        standing: Snapshot,
        doubts: Doubts | None = None,
    ) -> tuple[list[Piece], bool]:
        """Prove one way; where something could not be altered in place, once more from its start."""
        try:
            return prove.prove(place, self.context, header, way, doubts)
        except prove.Missed as missed:
            with sandbox(self.known, where) as other:
                scratch.rebuild(other, start)
                scratch.in_force(other, standing)
                return self._tried(other, where, header, way, start, standing, missed.doubts)[0], False

    def _printed_there(self, where: Any) -> Snapshot:
        """Another server may print otherwise: what is there is rebuilt and printed by the one that prints the rest."""
        with sandbox(self.known, where) as place:
            scratch.rebuild(place, self.now)
            there = place.read()
            far = {key: stored for key, stored in self.now.objects.items() if is_remote(key.kind)}
            return replace(there, objects={**there.objects, **far})

    def _header(self) -> Mapping[str, Any]:
        for operation in (*self.operations, *(operation.reverse() for operation in self.operations)):
            rendered.body(self.context, operation)  # collects the imports it needs
        self.context.imports.add("from textwrap import dedent")
        return rendered.header(self.context)

    def _asked(self, header: Mapping[str, Any], touched: frozenset[tuple[str, str]]) -> scratch.Asked:
        relations = frozenset(
            key for key in self.now if not kinds()[key.kind].droppable and (key.schema, key.name) in touched
        )
        runs = tuple(partial(self._run, header, operation) for operation in self.operations)
        return scratch.Asked(
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

    def _run(self, header: Mapping[str, Any], operation: ops.MigrateOperation, place: Sandbox) -> Exception | None:
        with rendered.runner(place.engine, dict(header)) as run:
            error = run.attempt(rendered.body(self.context, operation))
            if error is not None and any(run.invoke(way) is None for _, way in helped.ways(self.context, operation)):
                return None
            return error

    def _world(self, place: Sandbox, want: scratch.Wanted, touched: frozenset[tuple[str, str]]) -> World:
        gone = self.scope.gone
        declared = frozenset(
            key for key, items in want.entities.items() if any(item.creates and not item.aspect for item in items)
        )
        managed = declared | gone | scratch.parts(self.now, declared | gone) | scratch.parts(want.snapshot, declared)
        managed -= {key for key in managed if key not in self.now and key not in want.snapshot}
        found = frozenset(
            key
            for key in (*self.now, *want.snapshot)
            if not kinds()[key.kind].droppable and (key.schema, key.name) in touched
        )
        world = World(self.known, self.now, want, self.history, managed, found, self.scope.left, self.scope.beyond)
        different = [
            key for key in changes(world.task(Doubts(), back=False)) if key in self.now and key in want.snapshot
        ]
        world.same = reprint.equal(place, want.snapshot, self.now, different)
        return world


def _warn_of_tabs(pieces: Sequence[Piece]) -> None:
    """Alembic's offline mode writes four spaces for a tab, so that a body would be stored with other bytes."""
    tabbed = sorted(
        {str(piece.key) for piece in pieces if piece.key and any("\t" in text for text in piece.lines.statements)}
    )
    if tabbed:
        log.warning("there are tabs in %s: `alembic upgrade --sql` writes four spaces for each", ", ".join(tabbed))
