"""A schema is renamed.

Everything in it has another name from then on: the code that is still deployed fails, and so do functions that name
the schema, and roles whose search_path does. RENAME takes no lock on the tables, so nothing waits, and nothing warns.

Instead make a new schema with views of what is in the old one, move the code to it, and then the objects.

It does not matter for a schema that the same revision creates.

https://www.postgresql.org/docs/current/sql-alterschema.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.made import made_after, made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext import ident


class SchemaRenamed(Rule):
    """ALTER SCHEMA … RENAME TO."""

    id, slug, group = "LC104", "schema-renamed", "compatibility"
    examples = (
        Example('op.execute("ALTER SCHEMA app RENAME TO core")  # <-', "CREATE SCHEMA app"),
        Example('op.execute("CREATE SCHEMA fresh")\nop.execute("ALTER SCHEMA fresh RENAME TO core")'),
        Example('op.execute("ALTER SCHEMA app OWNER TO CURRENT_USER")', "CREATE SCHEMA app"),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "RenameStmt" or at.tree.get("renameType") != "OBJECT_SCHEMA" or at.did.error:
            return
        old, new = at.tree["subname"], at.tree["newname"]
        if old in made_before(at) | made_after(at):
            return
        tables = sorted({one.name for one in at.before.values() if one.schema == old and one.kind in "rpvmf"})
        views = [f"CREATE VIEW {ident(new, name)} AS SELECT * FROM {ident(old, name)}" for name in tables]
        yield Hit(
            at,
            f"schema {old} becomes {new}, and the code that is still deployed fails on all that is in it",
            "make a new schema with views of what is in the old one, and move the code first",
            "\n".join([*map(execute, [f"CREATE SCHEMA {ident(new)}", *views]), "# and a view of each other table"]),
            f"schema {old}",
        )


RULE = SchemaRenamed()
