"""The command line ``alembic-ext``. Each command is one file beside this one that holds ``COMMAND``.

They are found by looking into this folder, and imported when they are asked for.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

import alembic_ext
from alembic_ext.errors import meant


class Commands(click.Group):
    """The commands that are there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names: those of their files."""
        return sorted(one.name.replace("_", "-") for one in pkgutil.iter_modules(__path__) if one.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """One of them."""
        if cmd_name not in (known := self.list_commands(ctx)):
            ctx.fail(f"there is no command {cmd_name!r}: " + meant(cmd_name, known, f"there are {', '.join(known)}"))
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").COMMAND
        return command


@click.command(
    "alembic-ext", cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(alembic_ext.__version__)
def main() -> None:
    """Alembic in pipelines and in production: check, lint, test, drift, deploy, report.

    Exit codes: 0 clean, 1 something was found, 2 usage or environment, 3 the database does not answer, 4 a lock was not
    obtained (try again), 5 partly applied (a human must look).
    """
