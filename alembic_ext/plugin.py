"""The seam to Alembic's autogenerate: what it knows becomes values, what was planned becomes operations.

Two comparators on target "autogenerate": the first bounds waiting for locks and begins our own read before Alembic
reflects, the last one runs when every table operation is known. Both are registered when the package is imported, once,
and always continue. What they need is imported when they run: Alembic imports this module on every command.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import comparators
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult, to_list

from alembic_ext.errors import AlembicExtError
from alembic_ext.table_operations import relation, with_types_made

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import MetaData

    from alembic_ext.ahead import Ahead
    from alembic_ext.model import Declared, Key
    from alembic_ext.options import Options
    from alembic_ext.pieces import Piece
    from alembic_ext.session import Live

# Below Alembic's loggers: in the alembic.ini of `alembic init` they begin at INFO, all others at WARNING.
log = logging.getLogger(f"alembic.{__name__}")
OPTION = "alembic_ext"
PEER = "alembic_utils"
"""A package whose comparator drops all that was not registered with it."""


@dataclass(frozen=True)
class Filtered:
    """What hooks of env.py are given as ``object``: they look at its schema, name and info as at a Table's."""

    name: str
    schema: str | None
    type_: str
    info: dict[str, Any] = field(default_factory=dict, compare=False)


def _begin(context: AutogenContext, _: ops.UpgradeOps) -> PriorityDispatchResult:
    """Before Alembic reflects: waiting for locks is bounded, and our own read begins beside Alembic's."""
    from alembic_ext import ahead

    if _compares(context, PEER) and _takes_over(context):
        _leave_out(context, PEER)
    declares = _registers(context) or bool(_implied(context))
    if declares and context.dialect.name == "postgresql" and context.connection is not None:
        ahead.of(context, _options(context)).begin()
    return PriorityDispatchResult.CONTINUE


def _compare(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> PriorityDispatchResult:
    """After Alembic: put our operations among its own."""
    from alembic_ext import ahead

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
    from alembic_ext.engine import compare

    compare(context, upgrade_ops, declared, seeds, options, under_way)
    if upgrade_ops.ops:
        _tell(upgrade_ops)


def _implied(context: AutogenContext) -> list[tuple[str, str]]:
    """What columns declare by their types, with the place of each, as far as the hooks let their tables in."""
    if context.dialect.name != "postgresql" or not _options(context).enum_columns:
        return []
    from alembic_ext.enums import declared

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
    "recreate": "Detected need to make %s again",
    "restore": "Detected need to make %s again, which is not declared: another database may not have it",
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


def schemas(context: AutogenContext, known: Live) -> frozenset[str]:
    """The observed schemas, as Alembic's schema comparator has them."""
    from sqlalchemy import inspect

    names: list[str | None] = [None]
    if context.opts.get("include_schemas") and context.connection is not None:
        names += [
            name
            for name in inspect(context.connection).get_schema_names()
            if name not in ("information_schema", known.schema)
        ]
    return frozenset(name or known.schema for name in names if context.run_name_filters(name, "schema", {}))


def included(context: AutogenContext, key: Key, known: Live, *, reflected: bool, exists: bool) -> bool:
    """Whether the hooks ``include_name`` and ``include_object`` let an object in."""
    from alembic_ext.kinds import kinds

    if not context.opts.get("include_name") and not context.opts.get("include_object"):
        return True
    schema = None if key.schema == known.schema else key.schema or None
    item = Filtered(key.name, schema, key.kind)
    parents: dict[str, str | None] = {"schema_name": schema}
    if key.kind in kinds() and kinds()[key.kind].identified_by == "relation":
        parents["table_name"] = key.detail
    if exists and not context.run_name_filters(key.name, key.kind, parents):  # type: ignore[arg-type]
        return False
    other = item if exists and not reflected else None
    return bool(context.run_object_filters(item, key.name, key.kind, reflected, other))  # type: ignore[arg-type]


def models(context: AutogenContext) -> list[MetaData]:
    """The MetaData that Alembic compares."""
    return to_list(context.metadata, [])


def lets_in(context: AutogenContext, known: Live, key: Key) -> bool:
    """Whether the hooks let in what is declared under a name that is not there yet."""
    return included(context, key, known, reflected=False, exists=False)


def upgrade_functions(context: AutogenContext) -> frozenset[str]:
    """The names of the upgrade functions of this database: the multidb template has one per engine."""
    token = str(context.opts.get("upgrade_token") or "upgrades")
    return frozenset({"upgrade" if token == "upgrades" else f"upgrade_{token.removesuffix('_upgrades')}"})


def heads(context: AutogenContext) -> list[tuple[str, ...]]:
    """The revisions on which the new one will stand; where several heads are there and none was named, each apart."""
    from alembic.util import CommandError

    script, revisions = context.migration_context.script, context.opts.get("revision_context")
    if script is None:
        return [()]
    asked = (revisions.command_args.get("head") if revisions is not None else None) or "head"
    try:
        found = script.get_revisions(asked)
    except CommandError:  # several heads and none was named: `alembic check`
        return [(head,) for head in sorted(script.get_heads())]
    return [tuple(revision.revision for revision in found)]


RENDERING = {"alembic_module_prefix": "op.", "sqlalchemy_module_prefix": "sa.", "user_module_prefix": None}


def rendering(context: AutogenContext) -> AutogenContext:
    """A context to render for the proof: with imports of its own, and with defaults where no env.py gave any."""
    own = copy(context)
    own.imports = set(context.imports)
    own.opts = {**RENDERING, **context.opts}
    return own


def remarked(operations: Sequence[ops.MigrateOperation], words: str) -> list[ops.MigrateOperation]:
    """The operations with a comment line at the head of both functions."""
    from alembic_ext.operations import Lines
    from alembic_ext.pieces import Piece

    remark = Piece(0, lines=Lines(words))
    return [_operation(remark, None), *operations, _operation(None, remark)]


def merge(
    up: Sequence[Piece], down: Sequence[Piece], operations: Sequence[ops.MigrateOperation]
) -> list[ops.MigrateOperation]:
    """One list of operations that says ``up`` forward, and ``down`` when Alembic reverses it."""
    count = len(operations)
    merged: list[ops.MigrateOperation] = []
    noted_up = {piece.slot: piece for piece in up if piece.operation is not None and piece.lines.notes}
    noted_down = {count - 1 - piece.slot: piece for piece in down if piece.operation is not None and piece.lines.notes}
    for slot in range(count + 1):
        forward = [piece for piece in up if piece.slot == slot and piece.operation is None]
        backward = [piece for piece in reversed(down) if piece.slot == count - slot and piece.operation is None]
        merged += _paired(forward, backward)
        if slot < count:
            merged += _note(noted_up.get(slot), None)
            merged.append(operations[slot])
            merged += _note(None, noted_down.get(slot))
    return merged


def _paired(up: Sequence[Piece], down: Sequence[Piece]) -> Iterator[ops.MigrateOperation]:
    def names(pieces: Sequence[Piece]) -> list[tuple[object, str]]:
        return [(piece.key, piece.step.aspect if piece.step else "") for piece in pieces]

    for tag, first, first_end, second, second_end in SequenceMatcher(
        None, names(up), names(down), autojunk=False
    ).get_opcodes():
        if tag == "equal":
            yield from (
                _operation(one, other) for one, other in zip(up[first:first_end], down[second:second_end], strict=True)
            )
        else:
            yield from (_operation(one, None) for one in up[first:first_end])
            yield from (_operation(None, other) for other in down[second:second_end])


def _operation(up: Piece | None, down: Piece | None) -> ops.MigrateOperation:
    from alembic_ext.model import Key
    from alembic_ext.operations import EntityOp, StepOp  # registers the renderer
    from alembic_ext.plan import MAKE_WAY

    piece = up or down
    assert piece is not None
    key = piece.key or Key("", "", "")
    verb = piece.step.verb if piece.step else piece.lines.comment.partition(" ")[0]
    differs = up is not None and up.step is not None and up.step.verb != MAKE_WAY
    made = EntityOp if differs else StepOp
    aspect = piece.step.aspect if piece.step else ""
    operation = made(
        verb, key.kind, key.schema, key.name, up.lines if up else None, down.lines if down else None, aspect
    )
    operation.key = piece.key
    return operation


def _note(up: Piece | None, down: Piece | None) -> list[ops.MigrateOperation]:
    return [_operation(up, down)] if up or down else []


def compare_unasked(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> PriorityDispatchResult:
    """What `alembic_ext_plugin` calls where no model imports the package, and revisions of ours are there."""
    log.info("nothing imports alembic_ext any more: what revisions of this project made, and is declared no more, goes")
    return _compare(context, upgrade_ops)


def setup() -> None:
    """Register both comparators; calling it again changes nothing."""
    global _is_set_up
    if not _is_set_up:
        _is_set_up = True
        comparators.dispatch_for("autogenerate", priority=DispatchPriority.FIRST)(_begin)
        comparators.dispatch_for("autogenerate", priority=DispatchPriority.LAST)(_compare)


_is_set_up = False
