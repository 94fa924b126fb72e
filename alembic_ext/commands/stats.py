"""`alembic-ext stats`: how large the tables of a database are, for `alembic-ext lint`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from alembic_ext.commands._common import STDOUT, whole
from alembic_ext.commands._failures import failure
from alembic_ext.commands._times import time
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Report
from alembic_ext.formats import render


@click.command("stats", short_help="Write down how large production's tables are, for lint.")
@click.argument("url")
@click.option("--output", metavar="FILE", default="-", help="Where it goes; - is standard output, the default.")
@click.option(
    "--statement-timeout",
    callback=time(),
    metavar="TIME",
    default="30s",
    help="Timeout of each statement; 30s by default.",
)
def stats(url: str, output: str, statement_timeout: str) -> None:
    """Write down how large the tables of the database at URL are, as JSON: for lint --statistics.

    Rows, bytes and writes per second, as the statistics have them, and the timeouts that are set for roles. It only
    reads catalogs, without a lock on any table, and needs no more rights than CONNECT.
    """
    from alembic_ext.drift import of_production
    from alembic_ext.lint.measured import measure

    try:
        text = measure(of_production(url), statement_timeout)
    except (AlembicExtError, OSError) as error:
        report = Report("stats", failures=(failure(error),))
        click.echo(render(report, "text"), nl=False, err=True)
        sys.exit(int(report.code))
    if output == STDOUT:
        click.echo(text, nl=False)
    else:
        whole(Path(output), text)


COMMAND = stats
