"""One autogenerate, from what is declared and what is there to operations: the stages in their order.

metadata ─collect─▶ declared ──┐
                               ├─▶ scratch.wanted ─▶ want ─┐
database ──catalog.read─▶ now ─┤                           ├─▶ diff ─▶ prove ─▶ operations
Alembic's operations ──────────┴───────────────────────────┘
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from alembic_ext import __version__, lineage
from alembic_ext.cache import Cache, Quiet
from alembic_ext.declare import from_models
from alembic_ext.engine import autogen
from alembic_ext.engine.ahead import Ahead
from alembic_ext.engine.scope import Scope, linked, loud, part, scoped
from alembic_ext.engine.unchanged import Unchanged
from alembic_ext.errors import AlembicExtError
from alembic_ext.kinds import kinds
from alembic_ext.lineage import Event, Lineage
from alembic_ext.model import Declared, Snapshot
from alembic_ext.names import Retyped, names
from alembic_ext.operations import tables as table_operations
from alembic_ext.options import Options
from alembic_ext.session import Live, through
from alembic_ext.sqltext import ident, words

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

    from alembic_ext.rows.declared import Seed

log = logging.getLogger(f"alembic.{__name__}")


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


@_no_collection()
def compare(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    declared: Sequence[Declared],
    seeds: Sequence[Seed],
    options: Options,
    under_way: Ahead,
) -> None:
    """Put what leads to the declared state among Alembic's operations."""
    script, functions = context.migration_context.script, autogen.upgrade_functions(context)
    branches = [
        lineage.events(script, heads, functions, others=options.alembic_utils) for heads in autogen.heads(context)
    ]
    if not declared and not seeds and not any(branches) and not options.manage and not options.compare:
        return
    _check_options(declared, options)
    known, reading = under_way.result()
    before = Unchanged.recall(context, upgrade_ops.ops, known, reading.mark, declared, branches, options)
    if before.remarks is not None and not seeds:
        _say(before.remarks)
        return
    about = _compared(context, upgrade_ops, declared, branches, known, reading.snapshot, options, under_way)
    if not upgrade_ops.ops:
        before.learn(about.remarks)
    if seeds:
        from alembic_ext.rows import stage

        upgrade_ops.ops = stage.compare(
            context, upgrade_ops.ops, seeds, known, reading.snapshot, options, under_way.sandboxes
        )


def _compared(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    declared: Sequence[Declared],
    branches: Sequence[Sequence[Event]],
    known: Live,
    now: Snapshot,
    options: Options,
    under_way: Ahead,
) -> Scope:
    """Do it for all but reference rows; gives what the run was about."""
    models = autogen.models(context)
    pieces = {(key.schema, key.name) for key in now if kinds()[key.kind].is_piece(now[key])}
    for name in table_operations.made_again(upgrade_ops.ops, now, known.schema):
        log.warning(
            "table %s exists, and Alembic would create it again, since it looks only at the default schema. "
            "Say context.configure(include_schemas=True)", name
        )  # fmt: skip
    pieces -= {(table.schema or known.schema, table.name) for one in models for table in one.tables.values()}
    upgrade_ops.ops = table_operations.without(upgrade_ops.ops, pieces, known.schema)
    declared = (*declared, *from_models.declared(models, options.compare, now, known.schema, upgrade_ops.ops))
    with ExitStack() as stack:
        assert context.connection is not None
        rows, renamed = through(context.connection), None
        addresses = [item.address for item in (*declared, *lineage.foreign(branches))]
        meaning = names(rows, known.path, addresses, now)
        if any(item.renamed_from or item.renamed_values or _brings(item) for item in declared):
            from alembic_ext.engine import called_anew, rename
            from alembic_ext.sandbox.server import provide_roles

            if renamings := rename.asked(declared, meaning, now, partial(autogen.lets_in, context, known)):
                named = frozenset(word for item in declared for word in words(item.text))
                provide_roles(known, under_way.sandboxes.server, named)
                place = stack.enter_context(under_way.sandboxes.one())
                renamed = rename.renamed(place, now, renamings)
                now, meaning = renamed.now, names(place.session.rows, known.path, addresses, renamed.now)
                called = renamed.words
                upgrade_ops.ops = called_anew.without(upgrade_ops.ops, set(called.values()), place, context)
                upgrade_ops.ops = called_anew.as_called(upgrade_ops.ops, called.keys(), place, context)
        scope_of = partial(scoped, context, known, now, declared, branches, options, meaning, renamed)
        about, history = scope_of()
    _say(about.remarks)
    first: list[ops.MigrateOperation] = []
    if renamed:
        from alembic_ext.operations import merged

        up, down = renamed.pieces(known.schema, history.owned)
        first = merged.merge(up, down, ())
        types = {(old.schema, old.name): (new.schema, new.name) for old, new in renamed.names.items()}
        upgrade_ops.ops = table_operations.without_renamed_types(upgrade_ops.ops, types, known.schema)
    declares = [ident(key.schema, key.name) for item, key in about.keys.items() if item.creates and not item.aspect]
    upgrade_ops.ops = table_operations.as_they_are(upgrade_ops.ops, now, known.schema, declares)
    operations = tuple(_with_types_made(upgrade_ops.ops, known, now, about, options))
    work = partial(_work, context, known, now, options, operations, under_way)
    try:
        found = work(about, history)
    except Retyped as other:
        about, history = scope_of(other.types)
        found = work(about, history)
    upgrade_ops.ops = [*first, *found]
    return about


def _say(remarks: Iterable[str]) -> None:
    for remark in remarks:
        log.info("%s", remark)


def _brings(item: Declared) -> bool:
    return item.creates and not item.aspect and item.address.kind in kinds() and kinds()[item.address.kind].brings


def _check_options(declared: Sequence[Declared], options: Options) -> None:
    """Complain of what is declared and wants an option that is not set."""
    for item in declared:
        option = kinds()[item.address.kind].option if item.address.kind in kinds() else ""
        if option and option not in options.asked:
            raise AlembicExtError(
                f"{item.address} is declared, but it belongs to the whole server: it is managed only on request",
                where=item.source,
                help=f'say context.configure(alembic_ext={{"{option}": True}}), in the project of one database alone',
            )


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
    context: AutogenContext,
    known: Live,
    now: Snapshot,
    options: Options,
    operations: tuple[ops.MigrateOperation, ...],
    under_way: Ahead,
    scope: Scope,
    history: Lineage,
) -> list[ops.MigrateOperation]:
    """Do as little as is needed: nothing where all is known to be equal, a part where only a part may differ."""
    if not scope.declared and not scope.gone and not scope.left:
        return list(operations)
    links = linked(now, scope, known.path)
    quiet = Quiet.recall(Cache(options.cache), __version__, known, links, scope.by_key, options)
    different = loud(scope, now, quiet)
    if not operations and not different and not scope.gone and not scope.left:
        return []
    from alembic_ext.engine.job import Job

    def work(now: Snapshot, scope: Scope) -> Job:
        room = under_way.sandboxes
        return Job(autogen.rendering(context), known, now, scope, history, options, operations, room)

    job = work(now, scope)
    if not operations and len(different) < len(scope.declared):
        try:
            job = work(*part(now, links, scope, different))
            found = job.run()
        except AlembicExtError as error:  # the part may lack something that only the whole has
            log.debug("once more, with the whole database: %s", error)
            job = work(now, scope)
            found = job.run()
    else:
        found = job.run()
    quiet.learn(job.quiet)
    return found
