"""What Alembic finds by itself where alembic-ext is installed, also when no model imports that any more.

Without it, the last `register` that goes along with the import would leave what our revisions made where it is. It is a
module of its own, and imports nothing at first: Alembic loads it while it is being imported itself, for every command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.util import PriorityDispatchResult

MARK = b"# create "
"""Above what a revision of ours makes."""


def setup(plugin: Any) -> None:
    """Register with Alembic."""
    from alembic.util import DispatchPriority

    plugin.add_autogenerate_comparator(_compare, "autogenerate", priority=DispatchPriority.LAST)


def _compare(context: Any, upgrade_ops: Any) -> PriorityDispatchResult:
    """Where nobody has imported alembic-ext, but revisions have lines of ours: compare all the same."""
    from alembic.util import PriorityDispatchResult

    imported = getattr(sys.modules.get("alembic_ext.plugin"), "_is_set_up", False)  # it has comparators of its own then
    script = context.migration_context.script
    if imported or script is None or not any(_is_ours(revision.path) for revision in script.walk_revisions()):
        return PriorityDispatchResult.CONTINUE
    try:
        from alembic_ext import plugin
    except ImportError:
        return PriorityDispatchResult.CONTINUE
    return plugin.compare_unasked(context, upgrade_ops)


def _is_ours(path: str) -> bool:
    return MARK in Path(path).read_bytes()


class _Module(ModuleType):
    """Alembic 1.18 and 1.19 go through what an entry point gives; since 1.20 it is the module itself."""

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


PLUGIN = _Module(__name__)
PLUGIN.__dict__["setup"] = setup
