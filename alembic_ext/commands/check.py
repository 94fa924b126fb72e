"""`alembic-ext check`: models against a database, and the revisions for themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import click

from alembic_ext.commands._common import Asked, common
from alembic_ext.commands._failures import failure
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.errors import AlembicExtError, meant
from alembic_ext.findings import NO_REVISION, Failure, Finding, Report
from alembic_ext.project import Project
from alembic_ext.project.git import needed

if TYPE_CHECKING:
    from alembic_ext.check.history import Base
    from alembic_ext.project.revision import Revision

Which = Literal["new", "all", "never"]


@dataclass(frozen=True)
class Options:
    """``[tool.alembic-ext.check]``.

    Args:
        heads: where several heads are meant, the labels of their branches (or revisions).
        downgrades: of which revisions an empty downgrade is looked for: ``"new"`` are those that the base does not
            have, all where none is given.
        sql: which revisions must be renderable with ``--sql``.
    """

    TABLE: ClassVar[str] = "check"

    heads: tuple[str, ...] = ()
    downgrades: Which = "new"
    sql: Which = "new"

    def __post_init__(self) -> None:
        for name, value in (("downgrades", self.downgrades), ("sql", self.sql)):
            if value not in ("new", "all", "never"):
                raise AlembicExtError(f"{name}: there is no {value!r}", help="say one of new, all, never")


@click.command("check", short_help="Compare models with a database, and look at the revisions.")
@common
@click.option("--from-migrations", is_flag=True, help="Compare the models with what the revisions give, in a sandbox.")
@sandboxed
@click.option(
    "--static",
    is_flag=True,
    help="Only look at the revisions, without a database; env.py runs just to render their SQL.",
)
def check(asked: Asked, where: Where, from_migrations: bool, static: bool) -> None:
    """Compare the models with the database, and look at the revisions.

    Against the database of env.py as `alembic check` does, with a diff for each object; or, with --from-migrations,
    against what the history gives. With --base also for revisions of the base that were changed, and new ones that
    stand below its head.
    """
    if from_migrations and static:
        raise click.UsageError("--from-migrations and --static exclude each other")
    if not from_migrations and (word := where.given):
        raise click.UsageError(f"{word} belongs to --from-migrations: without it nothing runs in a sandbox")
    ground = where if from_migrations else None
    asked.run("check", lambda project: work(project, asked.base, where=ground, static=static))


COMMAND = check


def work(project: Project, base: str | None, *, where: Where | None = None, static: bool = False) -> Report:
    """All that is found in one project; ``where`` is given if its history is compared rather than a database."""
    from alembic_ext.check import offline, revisions

    options = project.options(Options)
    known = revisions.of_project(project)
    against = base_of(project, base)
    meant_heads(project, known, against, options.heads)
    found = of_history(known, against, options)
    more = offline.findings(project, which(options.sql, known, against))
    failures: tuple[Failure, ...] = ()
    if not static:
        try:
            more += _of_models(project, where)
        except Exception as error:
            if not found:
                raise
            more, failures = [], (failure(error),)  # what is wrong with the revisions is said all the same
    facts = {"heads": sorted(project.script.get_heads()), "revisions": len(known)}
    seen = NO_REVISION if static and not known else ""
    return Report("check", findings=(*found, *more), failures=failures, facts=facts, seen=seen)


def _of_models(project: Project, where: Where | None) -> list[Finding]:
    from alembic_ext.check import models

    if where is None:
        return models.findings(project, models.compare(project))
    from alembic_ext.check import played

    differences, found = played.compare(project, where.of(project))
    return found + models.findings(project, differences, "the history")


def base_of(project: Project, base: str | None) -> Base | None:
    """The revisions of the base, if one is given.

    Raises:
        AlembicExtError: the project is in no git repository, or git does not know the base.
    """
    from alembic_ext.check import revisions
    from alembic_ext.check.history import Base

    if base is None:
        return None
    repository = needed(project.repository, project.folder)
    then = revisions.of_commit(project, repository, repository.merge_base(base))
    return Base(base, then, revisions.of_commit(project, repository, repository.commit(base)))


def meant_heads(project: Project, known: Mapping[str, Revision], base: Base | None, heads: Sequence[str]) -> None:
    """Refuse heads that are meant, but can be none.

    Raises:
        AlembicExtError: there is neither such a branch nor such a revision, here or in the base.
    """
    if not known or not project.has_own_options:
        return
    revisions = {**known, **(base.now if base else {})}
    there = {*revisions, *(label for one in revisions.values() for label in one.labels)}
    if unknown := next((name for name in heads if name not in there), ""):
        raise AlembicExtError(
            f"heads in [tool.alembic-ext.check]: there is neither a branch nor a revision {unknown!r}",
            where=str(project.pyproject),
            help=meant(unknown, there, "alembic history --verbose shows both"),
        )


def of_history(known: Mapping[str, Revision], base: Base | None, options: Options) -> list[Finding]:
    """What is wrong with the revisions themselves."""
    from alembic_ext.check import history

    found = history.unexpected_heads(known, options.heads)
    if base is not None:
        found += history.against(base, known, options.heads)
    return found + history.empty_downgrades(known, which(options.downgrades, known, base))


def which(word: Which, known: Mapping[str, Revision], base: Base | None) -> list[str]:
    """The names of the revisions that a policy is about."""
    from alembic_ext.check import history

    if word == "never":
        return []
    return sorted(known) if base is None or word == "all" else history.new(base, known)
