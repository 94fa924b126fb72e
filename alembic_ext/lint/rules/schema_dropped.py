"""A schema is dropped.

With CASCADE everything in it goes as well, whatever it is and whoever made it, and so does what depends on that.

Instead drop what is in it by name, each when no code uses it any more, and then the schema without CASCADE, which fails
if something is left.

It does not matter for a schema that the same revision creates.

https://www.postgresql.org/docs/current/sql-dropschema.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute
from alembic_ext.lint.made import bare, made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import listed, title
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import strings


class SchemaDropped(Rule):
    """DROP SCHEMA."""

    id, slug, group = "LD104", "schema-dropped", "data loss"
    severity = "error"
    aliases = ("DS101", "ban-drop-schema")
    examples = (
        Example('op.execute("DROP SCHEMA old CASCADE")  # <-', "CREATE SCHEMA old; CREATE TABLE old.t (a int)"),
        Example('op.execute("DROP SCHEMA old")  # <-', "CREATE SCHEMA old"),
        Example('op.execute("CREATE SCHEMA fresh")\nop.execute("DROP SCHEMA fresh")'),
        Example('op.execute("DROP SCHEMA IF EXISTS nothing")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        names = [bare(one.identity) for one in at.did.dropped if one.asked and one.type == "schema"]
        if not at.course.trace.telling and at.node == "DropStmt" and at.tree.get("removeType") == "OBJECT_SCHEMA":
            names = [*strings(at.tree["objects"])]
            if at.tree.get("missing_ok"):  # nobody tells whether they were there
                names = [name for name in names if any(one.schema == name for one in at.gone)]
        for name in sorted({*names} - made_before(at)):
            gone = [one for one in at.gone if one.schema == name]
            tables = [one for one in gone if one.is_table]
            what = f" with {listed([title(one) for one in tables])}, and all rows" if tables else ""
            explained: tuple[Effect, ...] = tuple(("lock", one.oid) for one in gone)
            dropping = [call("op.drop_table", one.name, schema=one.schema) for one in tables]
            yield Hit(
                at,
                f"schema {name} is dropped{what}; the code that is still deployed fails on what was there",
                "drop what is in it by name, when no code uses it any more, and then the empty schema",
                "\n".join([*dropping, execute(f"DROP SCHEMA {ident(name)}")]),
                f"schema {name}",
                tables[0].oid if tables else 0,
                explained,
            )


RULE = SchemaDropped()
