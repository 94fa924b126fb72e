"""The seam to Alembic's autogenerate: what it knows becomes values, what was planned becomes operations.

Two comparators on target "autogenerate": the first bounds waiting for locks and begins our own read before Alembic
reflects, the last one runs when every table operation is known. Both are registered when the package is imported, once,
and always continue. What they need is imported when they run: Alembic imports this module on every command.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from alembic_ext.engine.autogen import models
from alembic_ext.errors import AlembicExtError
from alembic_ext.operations.tables import relation, with_types_made

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_ext.engine.ahead import Ahead
    from alembic_ext.model import Declared
    from alembic_ext.options import Options

# Below Alembic's loggers: in the alembic.ini of `alembic init` they begin at INFO, all others at WARNING.
log = logging.getLogger(f"alembic.{__name__}")
OPTION = "alembic_ext"
PEER = "alembic_utils"
"""A package whose comparator drops all that was not registered with it."""


def _begin(context: AutogenContext, _: ops.UpgradeOps) -> PriorityDispatchResult:
    """Before Alembic reflects: waiting for locks is bounded, and our own read begins beside Alembic's."""
    from alembic_ext.engine import ahead

    if _compares(context, PEER) and _takes_over(context):
        _leave_out(context, PEER)
    declares = _registers(context) or bool(_implied(context))
    if declares and context.dialect.name == "postgresql" and context.connection is not None:
        ahead.of(context, _options(context)).begin()
    return PriorityDispatchResult.CONTINUE


def _compare(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> PriorityDispatchResult:
    """After Alembic: put our operations among its own."""
    from alembic_ext.engine import ahead

    if _compares(context, PEER):  # nothing is ours here
        log.info("alembic-utils compares what was registered with it; alembic_ext={'alembic_utils': True} takes over")
        return PriorityDispatchResult.CONTINUE
    options = _options(context)
    with closing(ahead.of(context, options)) as under_way:
        _compare_ours(context, upgrade_ops, options, under_way)
    return PriorityDispatchResult.CONTINUE


def _compare_ours(context: AutogenContext, upgrade_ops: ops.UpgradeOps, options: Options, under_way: Ahead) -> None:
    from alembic_ext.adapters.alembic_utils import registered
    from alembic_ext.cache import Cache
    from alembic_ext.declare import collect
    from alembic_ext.rows import collect as collect_rows

    beside = registered() if options.alembic_utils and context.dialect.name == "postgresql" else []
    declared = collect(context.metadata, Cache(options.cache), beside, _implied(context), under_way.make_room)
    seeds = collect_rows(context.metadata)
    if context.dialect.name != "postgresql":
        if seeds:
            raise seeds[0].invalid(
                f"they are declared for PostgreSQL, and this database is {context.dialect.name}",
                "give a MetaData without PostgreSQL's objects to this database",
            )
        if declared:
            raise AlembicExtError(
                f"{declared[0].address} is declared for PostgreSQL, and this database is {context.dialect.name}",
                where=declared[0].source,
                help="give a MetaData without PostgreSQL's objects to this database",
            )
        return
    _forget_declared(context, upgrade_ops, declared)
    if options.enum_columns:  # what a table has that is dropped is there; it stays, or goes by a statement of ours
        upgrade_ops.ops = with_types_made(upgrade_ops.ops, lambda _: False, lambda _: True)
    from alembic_ext.engine.compare import compare

    compare(context, upgrade_ops, declared, seeds, options, under_way)
    if upgrade_ops.ops:
        _tell(upgrade_ops)


def _implied(context: AutogenContext) -> list[tuple[str, str]]:
    """What columns declare by their types, with the place of each, as far as the hooks let their tables in."""
    if context.dialect.name != "postgresql" or not _options(context).enum_columns:
        return []
    from alembic_ext.declare.enums import declared

    def lets_in(item: Any) -> bool:
        return context.run_object_filters(item, item.name, item.__visit_name__, False, None)

    return list(declared(context.sorted_tables, lets_in))


def _registers(context: AutogenContext) -> bool:
    """Whether something was given to `register`."""
    return any(OPTION in metadata.info for metadata in models(context))


def _takes_over(context: AutogenContext) -> bool:
    """Whether anything here is ours: something is declared, an option is set, we were asked, or wrote a revision.

    Else a project works with alembic-utils, and we are only installed. Where nothing was registered with alembic-utils
    it is here because old revisions import it.
    """
    from alembic_ext import lineage
    from alembic_ext.adapters import alembic_utils as peer

    return (
        _registers(context)
        or any(getattr(table, "is_view", False) for table in context.sorted_tables)
        or (bool(context.opts.get(OPTION)) and _options(context).alembic_utils)
        or peer.is_asked()
        or not peer.is_used()
        or lineage.written(context.migration_context.script)
    )


def _compares(context: AutogenContext, package: str) -> bool:
    """Whether comparators of another package are about to run."""
    return any(_is_from(package, each) for found in context.comparators._registry.values() for each in found)


def _leave_out(context: AutogenContext, package: str) -> None:
    """Take the comparators of another package out of this run, and of no other: the context has a copy of all."""
    registry = context.comparators._registry  # {(target, qualifier, priority): [(function, subgroup)]}; no public way
    for key, found in registry.items():
        registry[key] = [each for each in found if not _is_from(package, each)]
    log.info(
        "the comparison of %s is left out: %s", package.replace("_", "-"),
        "its entities are compared here" if _options(context).alembic_utils else "what it made is left alone",
    )  # fmt: skip


def _is_from(package: str, found: Any) -> bool:
    return str(getattr(found[0], "__module__", "")).partition(".")[0] == package


_NEWS = {
    "create": "Detected added %s",
    "replace": "Detected changed %s",
    "alter": "Detected changed %s",
    "rename": "Detected renamed %s",
    "drop": "Detected removed %s",
    "recreate": "Detected need to recreate %s",
    "restore": "Detected need to recreate %s, which is not declared: another database may not have it",
}


def _tell(upgrade_ops: ops.UpgradeOps) -> None:
    """Say in the log what was found, as Alembic does."""
    from alembic_ext.kinds import kinds
    from alembic_ext.operations import EntityOp, StepOp

    for operation in upgrade_ops.ops:
        if isinstance(operation, EntityOp) and not isinstance(operation, StepOp) and operation.up:
            verb = "recreate" if operation.verb == "restore" and not kinds()[operation.kind].managed else operation.verb
            log.info(_NEWS[verb], operation.up.comment.removeprefix(f"{operation.verb} "))


def _options(context: AutogenContext) -> Options:
    from alembic_ext.options import Options

    return Options.read(context.opts.get(OPTION))


def _forget_declared(context: AutogenContext, upgrade_ops: ops.UpgradeOps, declared: Sequence[Declared]) -> None:
    """Alembic takes SQLAlchemy's own views for tables, and whatever else of the models is declared as a relation."""
    from alembic_ext.kinds import kinds

    default = context.dialect.default_schema_name
    taken = {(table.schema, table.name) for table in context.sorted_tables if getattr(table, "is_view", False)}
    follows: set[tuple[str | None, str]] = set()  # what takes the name of a table that goes
    for item in declared:
        if item.creates and not item.aspect and kinds()[item.address.kind].catalog == "pg_class":
            schema = item.address.names[-2] if len(item.address.names) > 1 else None
            name = item.address.names[-1]
            spelled = {(None if schema == default else schema, name), (schema or default, name)}
            taken |= spelled
            follows |= spelled if kinds()[item.address.kind].droppable else set()
    upgrade_ops.ops = [
        op
        for op in upgrade_ops.ops
        if relation(op) not in taken or (isinstance(op, ops.DropTableOp) and relation(op) in follows)
    ]


def compare_unasked(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> PriorityDispatchResult:
    """What `alembic_ext_plugin` calls where no model imports the package, and revisions of ours are there."""
    log.warning(
        "nothing imports alembic_ext any longer: what revisions of this project made, and is declared no more, goes; "
        "if that is not meant, let env.py import the models"
    )
    return _compare(context, upgrade_ops)


def setup() -> None:
    """Register both comparators; calling it again changes nothing."""
    global _is_set_up
    if not _is_set_up:
        _is_set_up = True
        comparators.dispatch_for("autogenerate", priority=DispatchPriority.FIRST)(_begin)
        comparators.dispatch_for("autogenerate", priority=DispatchPriority.LAST)(_compare)


_is_set_up = False
