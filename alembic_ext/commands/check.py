"""`alembic-ext check`."""

from __future__ import annotations

import click

from alembic_ext.commands._common import Asked, common
from alembic_ext.findings import Report


@click.command("check")
@common
def check(asked: Asked) -> None:
    """Compare the models with the database, and look at the revisions."""
    asked.run("check", lambda project: Report("check", facts={"heads": project.script.get_heads()}))


COMMAND = check
