"""One autogenerate, from what is declared and what is there to operations: the stages in their order.

metadata ─collect─▶ declared ──┐
                               ├─▶ scratch.wanted ─▶ want ─┐
database ──catalog.read─▶ now ─┤                           ├─▶ diff ─▶ prove ─▶ operations
Alembic's operations ──────────┴───────────────────────────┘
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic_ext import __version__, ahead, helped, lineage, plugin, prove, rendered, scratch
from alembic_ext.cache import Cache, Quiet, restricted
from alembic_ext.diff import changes
from alembic_ext.errors import AlembicExtError
from alembic_ext.kinds import kinds
from alembic_ext.lineage import Event, Lineage, label
from alembic_ext.model import Declared, Key, Snapshot
from alembic_ext.names import names, provisional
from alembic_ext.options import Options
from alembic_ext.pieces import Piece
from alembic_ext.prove import Doubts, Way
from alembic_ext.sandbox import Sandbox, provide_roles, sandbox, server
from alembic_ext.session import Live, through
from alembic_ext.sqltext import mentioned, words
from alembic_ext.world import World

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

log = logging.getLogger(f"alembic.{__name__}")


def compare(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, declared: Sequence[Declared], options: Options
) -> None:
    """Put what leads to the declared state among Alembic's operations."""
    with _no_collection():
        _compare(context, upgrade_ops, declared, options)


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
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, declared: Sequence[Declared], options: Options
) -> None:
    script, functions = context.migration_context.script, plugin.upgrade_functions(context)
    branches = [
        lineage.events(script, heads, functions, others=options.alembic_utils) for heads in plugin.heads(context)
    ]
    if not declared and not any(branches) and not options.manage:
        return
    known, now = ahead.result(context, options.lock_timeout)
    scope, history = _scope(context, known, now, declared, branches, options)
    if not scope.declared and not scope.gone and not scope.left:
        return
    operations = tuple(upgrade_ops.ops)
    work = partial(Job, plugin.rendering(context), known, history=history, options=options, operations=operations)
    quiet = Quiet.recall(Cache(options.cache), __version__, known, now, scope.by_key, options)
    loud = _loud(scope, now, quiet)
    if not operations and not loud and not scope.gone and not scope.left:
        return
    job = work(now=now, scope=scope)
    if not operations and len(loud) < len(scope.declared):
        try:
            job = work(*_part(now, scope, loud))
            upgrade_ops.ops = job.run()
        except AlembicExtError as error:  # the part may lack something that only the whole has
            log.debug("once more, with the whole database: %s", error)
            job = work(now=now, scope=scope)
            upgrade_ops.ops = job.run()
    else:
        upgrade_ops.ops = job.run()
    quiet.learn(job.quiet)


def _loud(scope: Scope, now: Snapshot, quiet: Quiet) -> list[Declared]:
    """What is not known to be equal, and what mentions something new, for which its words may stand from now on."""
    unknown = {item for item in scope.declared if item not in scope.keys or not quiet.has(scope.keys[item])}
    fresh = {
        item.address.names[-1].lower()
        for item in unknown
        if item.creates and not item.aspect and (item not in scope.keys or scope.keys[item] not in now)
    }
    return [item for item in scope.declared if item in unknown or (fresh and mentioned(item.text, fresh))]


def _part(now: Snapshot, scope: Scope, loud: Sequence[Declared]) -> tuple[Snapshot, Scope]:
    """The part of the database, and of the declarations, that what is not known to be equal has to do with."""
    said = frozenset(word.lower() for item in loud for word in words(item.text, bodies=True))
    keys = {scope.keys[item] for item in loud if item in scope.keys}
    part = restricted(now, keys | scope.gone | scope.left, said)
    declared = tuple(
        item
        for item in scope.declared
        if item not in scope.keys or scope.keys[item] in part or scope.keys[item] not in now
    )
    keyed = {item: scope.keys[item] for item in declared if item in scope.keys}
    return part, Scope(declared, keyed, scope.gone, scope.left)


@dataclass(frozen=True)
class Scope:
    """What this run is about: the declared statements that the hooks let in, their keys where they exist, what goes.

    ``left`` are objects that stay, of which nothing is declared any more and revisions of ours have set an aspect.
    """

    declared: tuple[Declared, ...]
    keys: Mapping[Declared, Key]
    gone: frozenset[Key]
    left: frozenset[Key]

    @property
    def by_key(self) -> dict[Key, list[Declared]]:
        found: dict[Key, list[Declared]] = {}
        for item, key in self.keys.items():
            found.setdefault(key, []).append(item)
        return found


def _scope(
    context: AutogenContext,
    known: Live,
    now: Snapshot,
    declared: Sequence[Declared],
    branches: Sequence[Sequence[Event]],
    options: Options,
) -> tuple[Scope, Lineage]:
    assert context.connection is not None
    others = [event.name for branch in branches for event in branch if isinstance(event.name, Declared)]
    meaning = names(through(context.connection), known.path, [item.address for item in (*declared, *others)], now)

    def key_of(item: Declared) -> Key | None:
        return meaning.key(item.address, creates=item.creates and not item.aspect)

    def label_of(item: Declared) -> str | None:
        key = key_of(item)
        return label(key, known.schema, item.aspect) if key else None

    keys = {item: key for item in declared if (key := key_of(item))}
    labels = {label(key, known.schema) for key in keys.values()} if len(branches) > 1 else set()
    history = lineage.of_models([lineage.read(branch, label_of) for branch in branches], labels)
    asked = {item: keys.get(item) or provisional(item.address, known.path) for item in declared}
    lets_in = {
        key: plugin.included(context, key, known, reflected=False, exists=key in now) for key in set(asked.values())
    }
    beside = set(now) - {key for item, key in keys.items() if item.creates and not item.aspect}
    kept = tuple(item for item in declared if lets_in[asked[item]])
    keys = {item: keys[item] for item in kept if item in keys}
    observed = plugin.schemas(context, known) | {key.schema for key in keys.values()}
    ours = {key for key in beside if kinds()[key.kind].managed or _is_part(key)}
    ours = {
        key
        for key in ours
        if label(key, known.schema) in history.owned
        or (key.kind in options.manage and (key.schema in observed or not key.schema))
    }
    gone = frozenset(key for key in ours if plugin.included(context, key, known, reflected=True, exists=True))
    undeclared = beside - gone - set(keys.values())
    left = frozenset(
        key
        for key in history.aspects(undeclared, known.schema)
        if now[key].aspects and plugin.included(context, key, known, reflected=True, exists=True)
    )
    _report(beside - gone, observed, known, history)
    return Scope(kept, keys, gone, left), history


def _is_part(key: Key) -> bool:
    return any(key.kind in kind.parts for kind in kinds().values())


def _report(beside: set[Key], observed: frozenset[str], known: Live, history: Lineage) -> None:
    """One line for what is left alone; one for what was replaced by revisions that did not create it."""
    count = Counter(
        key.kind for key in beside if kinds()[key.kind].managed and (key.schema in observed or not key.schema)
    )
    if count:
        listed = ", ".join(f"{number} {name}{'s' * (number > 1)}" for name, number in sorted(count.items()))
        log.info(
            "left alone beside the declarations: %s (declare them to adopt them, or say alembic_ext={'manage': …})",
            listed,
        )
    for key in sorted(beside):
        if kinds()[key.kind].managed and label(key, known.schema) in history.replaced:
            log.info("%s is declared no more, but no revision created it: it is left alone", key)


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
            self.now = self.now.part({key for key in self.now if kinds()[key.kind].inert or key in self.scope.gone})
            if where.foreign:
                provide_roles(
                    self.known, where, frozenset(word for item in self.scope.declared for word in words(item.text))
                )
                self.now = self._printed_there(where)
            place = stack.enter_context(sandbox(self.known, where))
            header = self._header()
            touched = plugin.touched(self.operations, self.known.schema)
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
        back = Way(
            tuple(operation.reverse() for operation in reversed(self.operations)),
            partial(world.task, back=True),
            self.known.schema,
            forward=False,
            unable=world.want.unable,
            unset=world.want.unset,
        )
        down, exact = self._tried(place if prove_it else None, where, header, back, world.want.snapshot)
        there = Way(
            self.operations,
            partial(world.task, back=False),
            self.known.schema,
            forward=True,
            unable=world.want.unable,
            source=world.source,
        )
        if exact or not prove_it:
            up, _ = self._tried(place if prove_it else None, where, header, there, self.now)
        else:
            with sandbox(self.known, where) as other:
                scratch.rebuild(other, self.now)
                up, _ = self._tried(other, where, header, there, self.now)
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
        doubts: Doubts | None = None,
    ) -> tuple[list[Piece], bool]:
        """Prove one way; where something could not be altered in place, once more from its start."""
        try:
            return prove.prove(place, self.context, header, way, doubts)
        except prove.Missed as missed:
            with sandbox(self.known, where) as other:
                scratch.rebuild(other, start)
                return self._tried(other, where, header, way, start, missed.doubts)[0], False

    def _printed_there(self, where: Any) -> Snapshot:
        """Another server may print otherwise: what is there is rebuilt and printed by the one that prints the rest."""
        with sandbox(self.known, where) as place:
            scratch.rebuild(place, self.now)
            return place.read()

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
        )

    def _written(self, key: Key, aspect: str) -> tuple[str, ...]:
        return self.history.texts.get(label(key, self.known.schema, aspect), ())

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
        world = World(self.known, self.now, want, self.history, managed, found, self.scope.left)
        different = [
            key for key in changes(world.task(Doubts(), back=False)) if key in self.now and key in want.snapshot
        ]
        world.same = scratch.equal(place, want.snapshot, self.now, different)
        return world


def _warn_of_tabs(pieces: Sequence[Piece]) -> None:
    """Alembic's offline mode writes four spaces for a tab, so that a body would be stored with other bytes."""
    tabbed = sorted(
        {str(piece.key) for piece in pieces if piece.key and any("\t" in text for text in piece.lines.statements)}
    )
    if tabbed:
        log.warning("there are tabs in %s: `alembic upgrade --sql` writes four spaces for each", ", ".join(tabbed))
