"""A type, a value of an enum, a function or a sequence is renamed.

The code that is still deployed asks for the old name: it fails, or inserts a value that no longer exists. Functions
that name it in their body fail when they are next called. No lock makes that visible before.

Instead make the new one beside the old: another function, another value of the enum; and drop the old one when no code
uses it.

It does not matter for what the same revision creates, nor where something else takes over the old name. A constraint
that gets another name is said as a note: ON CONFLICT ON CONSTRAINT and SET CONSTRAINTS know it; not so that of a CHECK,
or of NOT NULL, which nobody asks for.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.made import made_after, made_before
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import Node, strings

TYPE = "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE day (id int CONSTRAINT day_id PRIMARY KEY, mood mood)"
_WORDS = {
    "OBJECT_EXTENSION": "extension", "OBJECT_COLLATION": "collation", "OBJECT_PUBLICATION": "publication",
    "OBJECT_AGGREGATE": "aggregate", "OBJECT_ATTRIBUTE": "attribute", "OBJECT_DOMAIN": "domain",
    "OBJECT_FUNCTION": "function", "OBJECT_PROCEDURE": "procedure", "OBJECT_ROUTINE": "routine",
    "OBJECT_SEQUENCE": "sequence", "OBJECT_TYPE": "type", "OBJECT_TABCONSTRAINT": "constraint", "OBJECT_ROLE": "role",
}  # fmt: skip


class ObjectRenamed(Rule):
    """RENAME TO, and SET SCHEMA, of what is no table; RENAME VALUE."""

    id, slug, group = "LC105", "object-renamed", "compatibility"
    worded = True
    aliases = ("renaming-object",)
    examples = (
        Example("""op.execute("ALTER TYPE mood RENAME VALUE 'bad' TO 'poor'")  # <-""", TYPE),
        Example('op.execute("ALTER TYPE mood RENAME TO spirit")  # <-', TYPE),
        Example(
            'op.execute("ALTER FUNCTION one() RENAME TO uno")  # <-',
            "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ),
        Example('op.execute("ALTER SEQUENCE ids RENAME TO numbers")  # <-', "CREATE SEQUENCE ids"),
        Example('op.execute("ALTER TABLE day RENAME CONSTRAINT day_id TO day_pkey")  # <-', TYPE),
        Example(
            'op.execute("ALTER TABLE day RENAME CONSTRAINT is_good TO good")',
            TYPE + "; ALTER TABLE day ADD CONSTRAINT is_good CHECK (id > 0)",
        ),
        Example('op.execute("ALTER INDEX day_id RENAME TO day_pkey")', TYPE),
        Example(
            'op.execute("ALTER TYPE mood RENAME TO mood_old")\n'
            "op.execute(\"CREATE TYPE mood AS ENUM ('good')\")",
            TYPE,
        ),
        Example("""op.execute("DO $$BEGIN ALTER TYPE mood RENAME VALUE 'bad' TO 'poor'; END$$")  # <-""", TYPE),
        Example(
            "op.execute(\"DO $$BEGIN IF EXISTS (SELECT FROM day) THEN EXECUTE 'ALTER TYPE mood RENAME TO spirit'; "
            'END IF; END$$")  # <-',
            TYPE,
        ),
        Example("""op.execute("DO $$BEGIN RAISE NOTICE 'ALTER TYPE mood RENAME TO spirit'; END$$")""", TYPE),
        Example("""op.execute("ALTER TYPE mood ADD VALUE 'fair'")""", TYPE),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.did.error:
            return
        if at.node == "AlterEnumStmt" and "oldVal" in at.tree:
            name, old, new = ident(*strings(at.tree["typeName"])), at.tree["oldVal"], at.tree["newVal"]
            if name not in made_before(at):
                yield Hit(
                    at,
                    f"the value {old} of type {name} becomes {new}, and the code that is still deployed fails with it",
                    "add the new value, let the code use it, and change the rows in batches",
                    execute(f"ALTER TYPE {name} ADD VALUE {literal(new)} AFTER {literal(old)}"),
                    f"type {name}",
                )
            return
        sort = at.tree.get("renameType" if at.node == "RenameStmt" else "objectType", "")
        if at.node not in ("RenameStmt", "AlterObjectSchemaStmt") or sort not in _WORDS:
            return
        name = _name(at.tree)
        if sort == "OBJECT_TABCONSTRAINT" and _is_check(at, name):
            return
        if name and name not in made_before(at) | made_after(at):
            new = at.tree.get("newname") or f"{at.tree['newschema']}.{name}"
            yield Hit(
                at,
                f"{_WORDS[sort]} {name} becomes {new}, and what asks for the old name fails",
                "make another beside it, and drop the old one when nothing uses it",
                object=f"{_WORDS[sort]} {name}",
                severity="note" if sort == "OBJECT_TABCONSTRAINT" else None,
            )


def _is_check(at: Moment, name: str) -> bool:
    """Whether a constraint is a CHECK, or NOT NULL: these are asked for by nobody."""
    found = at.table.constraints.get(name) if at.table else None
    return found is not None and found.type in "cn"


def _name(tree: Node) -> str:
    if "subname" in tree:
        return str(tree["subname"])
    if "relation" in tree:
        return str(tree["relation"]["relname"])
    what = tree.get("object", {})
    if "String" in what:
        return str(what["String"]["sval"])
    names = what.get("List", {}).get("items") or what.get("ObjectWithArgs", {}).get("objname") or ()
    names = names or what.get("TypeName", {}).get("names", ())
    return strings(names)[-1] if names else ""


RULE = ObjectRenamed()
