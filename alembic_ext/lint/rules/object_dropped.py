"""A view, a function, a type, a sequence or an extension is dropped.

The code that is still deployed fails on it, and so do functions that name it in their body: PostgreSQL does not know
of those, and lets it go.

Instead deploy code that does not use it, and drop it in a later revision.

It does not matter for what the same revision creates, nor for what it makes again under the same name, a function such
that the old calls find it, nor for the function of a trigger that it drops as well.

https://www.postgresql.org/docs/current/ddl-depend.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.made import answers, bare, made_after, made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.parsetree import Node, strings
from alembic_ext.sqltext import ident

VIEW = "CREATE VIEW seen AS SELECT 1 AS a"
TYPES = "CREATE TYPE mood AS ENUM ('good'); CREATE SEQUENCE ids"
FUNCTION = "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'"
ADD = "op.execute(\"CREATE FUNCTION add({}) RETURNS int LANGUAGE sql AS 'SELECT 1'\")"
TAKEN = 'op.execute("DROP FUNCTION add(int, public.mood)")'
ADDS = f"{TYPES}; CREATE FUNCTION add(int, mood) RETURNS int LANGUAGE sql AS 'SELECT 1'"
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
        Example(f"{TAKEN}  # <-\n{ADD.format('a int, b public.mood, c int')}", ADDS),
        Example(f"{TAKEN}\n{ADD.format('int, mood, c int DEFAULT 0, OUT d int')}", ADDS),
        Example(
            'op.execute("DROP TRIGGER fired ON t")\nop.execute("DROP FUNCTION fire()")',
            "CREATE TABLE t (a int);"
            "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            "CREATE TRIGGER fired BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire()",
            also=("trigger-dropped",),
        ),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        telling = at.course.trace.telling
        known = {*_TYPES.values()}
        gone = [(one.type, one.identity) for one in at.did.dropped if one.asked and one.type in known]
        if not telling and at.node == "DropStmt" and not at.did.error and at.tree.get("removeType") in _TYPES:
            gone = [(_TYPES[at.tree["removeType"]], identity) for identity in _named(at)]
        others = made_before(at) | made_after(at)
        explained: tuple[Effect, ...] = tuple(("lock", one) for one in at.blocking if at.old[one].kind not in "rp")
        fired = any(_drops_trigger(past) for past in at.course.moments[: at.number])
        for sort, identity in gone:
            back = bare(identity) in others
            if back and sort in ("function", "procedure") and "(" in identity:
                back = answers(identity, at.course.moments)
            if not back and not (fired and sort == "function" and identity.endswith("()")):
                yield Hit(
                    at,
                    f"{sort} {identity} is dropped, and the code that is still deployed fails on it",
                    "deploy code that does not use it, and drop it in a later revision",
                    object=f"{sort} {identity}",
                    effects=explained,
                    verdict="observed" if telling else "static",
                )


def _drops_trigger(at: Moment) -> bool:
    return at.tree.get("removeType") == "OBJECT_TRIGGER" or any(one.type == "trigger" for one in at.did.dropped)


def _named(at: Moment) -> list[str]:
    """What a DROP names, where nobody tells of what goes; with IF EXISTS only what is known to have been there."""
    gone = {one.name for one in at.gone}
    names = []
    for one in at.tree["objects"]:
        names += [list(strings(found)) for found in _lists(one)]
    return [ident(*name) for name in names if name[-1] in gone or not at.tree.get("missing_ok")]


def _lists(node: Node) -> list[list[Node]]:
    if "List" in node:
        return [node["List"]["items"]]
    if "ObjectWithArgs" in node:
        return [node["ObjectWithArgs"]["objname"]]
    return [node["TypeName"]["names"]] if "TypeName" in node else [[node]]


RULE = ObjectDropped()
