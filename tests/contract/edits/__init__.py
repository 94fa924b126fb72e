"""Changes of every managed kind, in SQL: one file for each kind, ``EXAMPLES`` in it, found by looking into this folder."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from textwrap import dedent

from alembic_ext.kinds import aspect_kinds, kinds
from tests.story import Story


@dataclass(frozen=True)
class Example:
    """A change of some objects of one kind: what is declared before and after, and what stands around them.

    ``tables`` become the models, after the change ``tables_after`` if given; ``first`` and ``first_after`` are declared
    too, and stand before the tables, which use it; ``unmanaged`` is there before anything else. ``since`` is the first
    major of PostgreSQL that knows what is used. ``head`` holds further headers of a story (see `tests.story`).
    ``portable`` tells that nothing is written with the name of a schema or a role, so that a script made in one schema
    also runs in another. ``reflects_domains`` tells that the models need a SQLAlchemy which sees domains, and not what
    stands below them.
    """

    name: str
    before: str
    after: str
    tables: str = ""
    tables_after: str | None = None
    first: str = ""
    first_after: str | None = None
    unmanaged: str = ""
    since: int = 14
    head: tuple[tuple[str, str], ...] = ()
    portable: bool = False
    reflects_domains: bool = False

    def story(self) -> Story:
        """The example as a story."""
        sides = (
            (self.first, self.tables, self.before),
            (
                self.first if self.first_after is None else self.first_after,
                self.tables if self.tables_after is None else self.tables_after,
                self.after,
            ),
        )
        before, after = (
            (
                ("unmanaged", dedent(self.unmanaged)),
                ("entities", dedent(first)),
                ("tables", dedent(tables)),
                ("entities", dedent(entities)),
            )
            for first, tables, entities in sides
        )
        return Story(self.name, {"compare": "owner, populated", **dict(self.head)}, before, after)


def examples() -> dict[str, tuple[Example, ...]]:
    """The examples by kind; a file is called as its kind, with underscores."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    called = {name.replace(" ", "_").replace("-", "_"): name for name in (*kinds(), *aspect_kinds())}
    return {called.get(name, name): importlib.import_module(f"{__name__}.{name}").EXAMPLES for name in names}
