"""`alembic-ext stats`: how large the tables of a database are, for `alembic-ext lint`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from alembic_ext.commands._failures import failure
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Report
from alembic_ext.formats import render


@click.command("stats")
@click.argument("url")
@click.option("--output", metavar="FILE", default="-", help="Where it goes; - is standard output, the default.")
@click.option("--statement-timeout", metavar="TIME", default="30s", help="Of each statement: 30s.")
def stats(url: str, output: str, statement_timeout: str) -> None:
    """Write down how large the tables of the database at URL are, as JSON: for lint --statistics.

    Rows, bytes and writes per second, as the statistics have them, and the timeouts that are set for roles. It only
    reads catalogs, without a lock on any table, and needs no more rights than CONNECT.
    """
    from alembic_ext.lint.measured import measure
    from alembic_ext.sandbox_server import parameters

    try:
        text = measure(parameters(url), statement_timeout)
        if output == "-":
            click.echo(text, nl=False)
        else:
            Path(output).write_text(text, "utf-8")
    except (AlembicExtError, OSError) as error:
        report = Report("stats", failures=(failure(error),))
        click.echo(render(report, "text"), nl=False, err=True)
        sys.exit(int(report.code))


COMMAND = stats
