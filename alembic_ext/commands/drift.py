"""`alembic-ext drift`: production against what the history gives."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from alembic_ext.commands._common import Asked, common
from alembic_ext.commands._ground import Where, sandboxed
from alembic_ext.commands._times import time
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Report
from alembic_ext.project import Project


@click.command("drift", short_help="Compare production with what the revisions give.")
@click.argument("url", required=False)
@common
@sandboxed
@click.option("--revision", metavar="REV", default="", help="Compare with this revision, whatever production says.")
@click.option("--without", multiple=True, metavar="WORD", help="Do not compare these: grant, owner, comment …")
@click.option(
    "--version-table",
    metavar="NAME",
    default="",
    help="The version table, if it is not Alembic's usual one: schema.name",
)
@click.option(
    "--statement-timeout",
    callback=time(empty=True),
    metavar="TIME",
    default="",
    help="Timeout of each statement in production; 30s by default.",
)
def drift(
    asked: Asked, where: Where, url: str | None, revision: str, without: tuple[str, ...], version_table: str,
    statement_timeout: str,
) -> None:  # fmt: skip
    """Compare the database at URL with what the revisions give that it says it is at.

    It only reads: without a lock that others would notice, and with no more rights than CONNECT, and SELECT on the
    version table. The revisions run in a throw-away database, on a server of the same major version: --dev-url.
    """

    def work(project: Project) -> Report:
        from alembic_ext.drift import Options, drift

        options = project.options(Options)
        options = replace(
            options,
            without=(*options.without, *without),
            version_table=version_table or options.version_table,
            statement_timeout=statement_timeout or options.statement_timeout,
        )
        given = url or os.environ.get(options.url_env or "", "")
        if options.url_env and not given:
            raise AlembicExtError(
                f"{options.url_env} is not set",
                help="it is url-env of [tool.alembic-ext.drift]: set it, or give the URL",
            )
        if not given:
            raise click.UsageError(
                "give the URL of production, or name its variable: url-env in [tool.alembic-ext.drift]"
            )
        return drift(project, given, options, where.of(project), revision)

    asked.needs_no_base()
    asked.run("drift", work)


COMMAND = drift
