"""What Alembic's context of a run says: its models, schemas, hooks and heads, and how it renders."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.util import to_list

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import MetaData

    from alembic_ext.model import Key
    from alembic_ext.session import Live


@dataclass(frozen=True)
class Filtered:
    """What hooks of env.py are given as ``object``: they look at its schema, name and info as at a Table's."""

    name: str
    schema: str | None
    type_: str
    info: dict[str, Any] = field(default_factory=dict, compare=False)


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
