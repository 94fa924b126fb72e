"""Options of the commands that play the history in a sandbox: where that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.project import Project

if TYPE_CHECKING:
    from alembic_ext.history import Ground

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(frozen=True)
class Where:
    """What the command line says of it; configuration says the rest."""

    dev_url: str | None = None
    on_server: bool = False
    as_role: str | None = None
    cache: bool | None = None

    @property
    def given(self) -> str:
        """The first of these options that stands on the command line; empty if none does."""
        words = {"--dev-url": self.dev_url, "--dev-on-server": self.on_server, "--as-role": self.as_role}
        return next((word for word, value in words.items() if value), "")

    def of(self, project: Project) -> Ground:
        """Where the sandboxes of a project are, and what is in them before the first revision."""
        from alembic_ext.history import Ground

        common = project.common
        if common.volatile and project.has_own_options:
            _revisions(project, common.volatile)
        given = self.dev_url or (None if self.on_server else common.dev_url) or None
        top = project.pyproject.parent if project.pyproject else project.folder
        return Ground(
            dev_url=None if given == "embedded" else given,
            on_server=self.on_server,
            role=self.as_role or common.as_role or None,
            roles=common.roles,
            extensions=common.extensions,
            languages=common.languages,
            baseline=tuple(Path(top, file) for file in common.baseline),
            url_env=common.url_env or None,
            cache=common.cache if self.cache is None else self.cache,
            volatile=common.volatile,
        )


def _revisions(project: Project, names: Iterable[str]) -> None:
    """Refuse volatile revisions that are none.

    Raises:
        AlembicExtError: a revision is not there.
    """
    there = {one.revision for one in project.script.walk_revisions()}
    if unknown := next((name for name in names if name not in there), ""):
        raise AlembicExtError(
            f"volatile in [tool.alembic-ext]: there is no revision {unknown!r}",
            where=str(project.pyproject),
            help=meant(unknown, there, "alembic history lists them; give the whole id"),
        )


def sandboxed(function: Decorated) -> Decorated:
    """Give a command these options, as its argument ``where``."""

    @wraps(function)
    def command(
        *words: Any, dev_url: str | None, dev_on_server: bool, as_role: str | None, cache: bool | None, **others: Any
    ) -> Any:
        if dev_url == "":
            raise click.UsageError("--dev-url is empty: give a URL, or embedded")
        if dev_url and dev_on_server:
            raise click.UsageError("--dev-url and --dev-on-server exclude each other")
        return function(*words, where=Where(dev_url, dev_on_server, as_role, cache), **others)

    options = (
        click.option("--dev-url", metavar="URL", help="A server for throw-away databases, or: embedded."),
        click.option("--dev-on-server", is_flag=True, help="Make them on the server that env.py names."),
        click.option("--as-role", metavar="ROLE", help="Run the revisions as this role."),
        click.option(
            "--cache/--no-cache", default=None, help="Whether to keep what a long history gave for the next run."
        ),
    )
    made: Any = command
    for option in reversed(options):
        made = option(made)
    return made  # type: ignore[no-any-return]
