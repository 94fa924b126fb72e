"""A revision configures the server.

ALTER SYSTEM writes into a file of the server, postgresql.auto.conf. That is no part of the database: it holds for all
databases of the server, no downgrade and no ROLLBACK takes it back, neither a dump nor a replica has it, and it is read
only when the server is told to. It asks for a superuser, and most hosts of databases refuse it.

Instead configure the server where it is set up. What one database or role needs is set by ALTER DATABASE … SET or
ALTER ROLE … SET, and what one revision needs, by SET LOCAL.

It does not matter which setting it is.

https://www.postgresql.org/docs/current/sql-altersystem.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule


class ServerConfigured(Rule):
    """ALTER SYSTEM."""

    id, slug, group = "LT114", "server-configured", "transaction"
    examples = (
        Example(
            "with op.get_context().autocommit_block():\n    op.execute(\"ALTER SYSTEM SET work_mem = '4MB'\")  # <-\n"
            '    op.execute("ALTER SYSTEM RESET work_mem")  # <-'
        ),
        Example('op.execute("SET LOCAL work_mem = 4096")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node == "AlterSystemStmt":
            name = at.tree["setstmt"].get("name", "")
            done = "set" if "args" in at.tree["setstmt"] else "reset"
            yield Hit(
                at,
                f"{name or 'every setting'} is {done} for the whole server, in a file that no transaction, dump or "
                "replica knows of",
                "configure the server where it is set up, or use ALTER DATABASE … SET",
                object=name,
                verdict="static",
            )


RULE = ServerConfigured()
