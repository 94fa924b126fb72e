"""A run that found nothing to do is known again by all that it depended on, before anything is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from alembic_ext import __version__
from alembic_ext.cache import FORMAT, Cache, digest
from alembic_ext.engine import autogen

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import ops

    from alembic_ext.lineage import Event
    from alembic_ext.model import Declared
    from alembic_ext.options import Options
    from alembic_ext.session import Live


class Unchanged(NamedTuple):
    """Whether an earlier run of the same found nothing to do.

    ``name`` is the file of the cache, '' where a run depends on what cannot be told; ``run`` tells all that this one
    depends on. ``remarks`` are what the earlier run had to say, None where there was none.
    """

    cache: Cache
    name: str = ""
    run: str = ""
    remarks: tuple[str, ...] | None = None

    @classmethod
    def recall(
        cls,
        context: AutogenContext,
        operations: Sequence[ops.MigrateOperation],
        known: Live,
        mark: str,
        declared: Sequence[Declared],
        branches: Sequence[Sequence[Event]],
        options: Options,
    ) -> Unchanged:
        """What is known of a run in a database whose rows have this ``mark``, when Alembic found these operations."""
        cache = Cache(options.cache)
        hooks = context.opts.get("include_object") or context.opts.get("include_name")
        if operations or hooks or options.compare or any(item.renamed_from or item.renamed_values for item in declared):
            return cls(cache)
        asked = [sorted(value) if isinstance(value, frozenset) else value for value in options]
        session = (known.version, sorted(known.settings.items()), known.path, known.session_user, known.current_user)
        schemas = sorted(autogen.schemas(context, known))
        run = digest(__version__, session, asked, [item[1:] for item in declared], branches, schemas)
        name = _name(mark)
        found = cache.get(name) or {}
        return cls(cache, name, run, tuple(found["remarks"]) if found.get("run") == run else None)

    def learn(self, remarks: Sequence[str]) -> None:
        """Remember that there was nothing to do, and what was said."""
        if self.name:
            self.cache.put(self.name, {"run": self.run, "remarks": [*remarks]})


def seen(mark: str, options: Options) -> bool:
    """Whether a run in a database with these rows is remembered."""
    return Cache(options.cache).get(_name(mark)) is not None


def _name(mark: str) -> str:
    return f"unchanged-{digest(FORMAT, mark)}"
