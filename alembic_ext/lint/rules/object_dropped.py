"""A view, a function, a type, a sequence or an extension is dropped.

The code that is still deployed fails on it, and so do functions that name it in their body: PostgreSQL does not know
of those, and lets it go.

Instead deploy code that does not use it, and drop it in a later revision.

It does not matter for what the same revision creates, nor for what it makes again under the same name, nor for the
function of a trigger that it drops as well.

https://www.postgresql.org/docs/current/ddl-depend.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.made import bare, made_after, made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule

VIEW = "CREATE VIEW seen AS SELECT 1 AS a"
TYPES = "CREATE TYPE mood AS ENUM ('good'); CREATE SEQUENCE ids"
FUNCTION = "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'"
_TYPES = {
    "OBJECT_AGGREGATE": "aggregate", "OBJECT_DOMAIN": "type", "OBJECT_EXTENSION": "extension",
    "OBJECT_FOREIGN_TABLE": "foreign table", "OBJECT_FUNCTION": "function", "OBJECT_MATVIEW": "materialized view",
    "OBJECT_OPERATOR": "operator", "OBJECT_PROCEDURE": "procedure", "OBJECT_ROUTINE": "function",
    "OBJECT_SEQUENCE": "sequence", "OBJECT_TYPE": "type", "OBJECT_VIEW": "view", "OBJECT_COLLATION": "collation",
}  # fmt: skip


class ObjectDropped(Rule):
    """DROP of what is no table, column, schema, index, constraint, trigger or policy."""

    id, slug, group = "LC108", "object-dropped", "compatibility"
    aliases = (
        "ban-drop-view", "ban-drop-function", "ban-drop-type", "ban-drop-sequence", "ban-drop-extension",
        "ban-drop-domain",
    )  # fmt: skip
    examples = (
        Example('op.execute("DROP VIEW seen")  # <-', VIEW),
        Example('op.execute("DROP TYPE mood")  # <-\nop.execute("DROP SEQUENCE ids")  # <-', TYPES),
        Example('op.execute("DROP FUNCTION one()")  # <-', FUNCTION),
        Example('op.execute("DROP VIEW seen")\nop.execute("CREATE VIEW seen AS SELECT 2 AS a")', VIEW),
        Example(
            "op.execute(\"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'\")\n"
            'op.execute("DROP FUNCTION f()")'
        ),
        Example('op.execute("DROP VIEW IF EXISTS nothing")'),
        Example(
            'op.execute("DROP TRIGGER fired ON t")\nop.execute("DROP FUNCTION fire()")',
            "CREATE TABLE t (a int);"
            "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            "CREATE TRIGGER fired BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire()",
            also=("trigger-dropped",),
        ),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        known = {*_TYPES.values()}
        gone = [(one.type, one.identity) for one in at.did.dropped if one.asked and one.type in known]
        if not at.course.trace.telling:
            gone = [(one_of(one.kind), f"{one.schema}.{one.name}") for one in at.gone if one_of(one.kind) in known]
            if at.node != "DropStmt":
                gone = []
        others = made_before(at) | made_after(at)
        explained: tuple[Effect, ...] = tuple(("lock", one) for one in at.blocking if at.old[one].kind not in "rp")
        fired = any(one.type == "trigger" for past in at.course.moments[: at.number] for one in past.did.dropped)
        for sort, identity in gone:
            if bare(identity) not in others and not (fired and sort == "function" and identity.endswith("()")):
                yield Hit(
                    at,
                    f"{sort} {identity} is dropped, and the code that is still deployed fails on it",
                    "deploy code that does not use it, and drop it in a later revision",
                    object=f"{sort} {identity}",
                    effects=explained,
                )


def one_of(kind: str) -> str:
    """The name of a kind of relation."""
    return {"v": "view", "m": "materialized view", "S": "sequence", "f": "foreign table"}.get(kind, "")


RULE = ObjectDropped()
