"""``python -m alembic_ext``: the command line."""

from alembic_ext.commands import main

main(prog_name="alembic-ext")
