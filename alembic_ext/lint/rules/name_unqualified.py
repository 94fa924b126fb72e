"""A statement of the revision names no schema: which table it means depends on a setting.

``search_path`` may differ between the role that migrates, a test and production; an object of the same name in an
earlier schema is changed instead, or a new one is made in the wrong place.

Instead name the schema: ``schema="public"``, or ``public.t`` in SQL.

It does not matter where a project lives in one schema, nor for tenants that are chosen by ``search_path``. The rule is
off unless it is switched on.

https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext.parsetree import nodes_with


class NameUnqualified(Rule):
    """The first relation of a revision that is named without a schema."""

    id, slug, group = "LY112", "name-unqualified", "types"
    severity = "note"
    default = False
    aliases = ("require-explicit-schema",)
    examples = (
        Example('op.execute("CREATE TABLE t (a int)")  # <-\nop.execute("CREATE TABLE u (a int)")'),
        Example('op.create_table("t", sa.Column("a", sa.Integer), schema="public")'),
        Example('op.execute("SELECT 1")'),
        Example('op.execute("WITH x AS (SELECT 1 AS a) SELECT * FROM x")'),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            named = {one["CommonTableExpr"]["ctename"] for one in at.tree.get("withClause", {}).get("ctes", ())}
            for one in nodes_with(at.tree, "relname"):
                if "schemaname" not in one and one["relname"] not in named and one.get("relpersistence") != "t":
                    yield Hit(
                        at,
                        f"{one['relname']} is named without a schema: which one is meant depends on search_path",
                        "name the schema",
                    )
                    return


RULE = NameUnqualified()
