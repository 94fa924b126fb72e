"""`alembic-ext render`: a report that was kept as JSON, in other formats."""

from __future__ import annotations

import json
from pathlib import Path

import click

from alembic_ext.commands._common import Asked, commented, outputs
from alembic_ext.errors import AlembicExtError
from alembic_ext.findings import Report


@click.command("render", short_help="Write a kept report in another format.")
@click.argument("file")
@outputs
@commented
def render(asked: Asked, file: str) -> None:
    """Write a report that was kept with --format json=FILE in other formats; ends with its exit code.

    What is in the file is not believed: whatever it says is escaped, and secrets in it are hidden.
    """
    asked.end(read(file))


COMMAND = render


def read(file: str) -> Report:
    """The report of a file.

    Raises:
        click.UsageError: it is none.
    """
    try:
        return Report.from_json(json.loads(Path(file).read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError, AlembicExtError) as error:
        raise click.UsageError(f"{file} is not a report: {error}") from error
