"""CASCADE drops more than is named.

Whatever depends on the object goes as well: views, foreign keys of other tables, functions, columns of a type. What
that is the statement does not say, and in production it may be more than here.

Instead drop each by name first, and leave CASCADE away: then the statement fails if something was forgotten.

It does not matter where the same revision makes it again.

https://www.postgresql.org/docs/current/ddl-depend.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute
from alembic_ext.lint.made import bare, made_after
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import listed
from alembic_ext.lint.trace import Dropped
from alembic_ext.sqltext import parts

TABLES = (
    "CREATE TABLE account (id int PRIMARY KEY); CREATE VIEW active AS SELECT id FROM account;"
    "CREATE TABLE visit (account_id int CONSTRAINT of_account REFERENCES account);"
    "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE day (id int, mood mood)"
)
_PARTS = ("rule", "default value", "trigger", "table constraint")


class CascadeDropped(Rule):
    """What CASCADE took along."""

    id, slug, group = "LD105", "cascade-dropped", "data loss"
    severity = "error"
    aliases = ("ban-drop-cascade",)
    examples = (
        Example('op.execute("DROP TABLE account CASCADE")  # <-', TABLES, also=("table-dropped",)),
        Example('op.execute("ALTER TABLE account DROP id CASCADE")  # <-', TABLES,
                also=("column-dropped", "lost-with-column")),
        Example('op.execute("DROP TYPE mood CASCADE")  # <-', TABLES, also=("object-dropped", "column-dropped")),
        Example('op.execute("DROP EXTENSION citext CASCADE")  # <-',
                "CREATE EXTENSION citext; CREATE TABLE note (id int, word citext)",
                also=("object-dropped", "column-dropped")),
        Example('op.execute("DROP EXTENSION citext CASCADE")', "CREATE EXTENSION citext", also=("object-dropped",)),
        Example('op.execute("DROP TABLE visit CASCADE")', TABLES, also=("table-dropped",)),
        Example(
            'op.execute("DROP VIEW v CASCADE")\nop.execute("CREATE VIEW v AS SELECT a FROM t")\n'
            'op.execute("CREATE VIEW w AS SELECT a FROM v")',
            "CREATE TABLE t (a int); CREATE VIEW v AS SELECT 1 AS a; CREATE VIEW w AS SELECT a FROM v",
        ),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node in ("DropStmt", "AlterTableStmt") and not _is_cascade(at):
            return
        if not at.course.trace.telling and not at.did.error and at.node in ("DropStmt", "AlterTableStmt"):
            yield Hit(
                at,
                "CASCADE also drops whatever depends on it; what that is only a superuser's event trigger tells",
                "drop each by name first, and leave CASCADE away",
                verdict="static",
                severity="warning",
            )
            return
        again = made_after(at)
        taken = [one for one in at.did.dropped if one.cascade and not _goes_anyway(at, one)]
        taken = [one for one in taken if bare(one.identity) not in again]
        if taken:
            names = [f"{one.type} {one.identity}" for one in taken]
            explained: list[Effect] = [("lock", one) for one in at.blocking]
            yield Hit(
                at,
                f"CASCADE also drops {listed(names, 5)}",
                "drop each by name first, and leave CASCADE away",
                "\n".join(filter(None, map(_dropping, taken))),
                names[0],
                effects=tuple(explained),
            )


def _is_cascade(at: Moment) -> bool:
    return any(one.get("behavior") == "DROP_CASCADE" for one in (at.tree, *(command for _, command in at.commands)))


def _goes_anyway(at: Moment, one: Dropped) -> bool:
    """Whether it is a part of something else that went."""
    others = [other.identity for other in at.did.dropped if other is not one]
    schemas = [f"{other.identity}." for other in at.did.dropped if other.type == "schema"]
    return (
        one.identity.startswith(tuple(schemas))
        or one.type.endswith("of access method")
        or (
            one.type == "table constraint"
            and any(
                other.asked
                and other.type == "table column"
                and one.identity.endswith(f" on {other.identity.rpartition('.')[0]}")
                for other in at.did.dropped
            )
        )
        or (
            one.type in _PARTS
            and any(one.identity.endswith(f" on {name}") or one.identity.startswith(f"for {name}") for name in others)
        )
    )


def _dropping(one: Dropped) -> str:
    name, on, table = one.identity.partition(" on ")
    if one.type == "table constraint" and on:
        schema, *rest = parts(table)
        return call("op.drop_constraint", parts(name)[0], rest[-1], schema=schema if schema != "public" else None)
    if one.type == "table column":
        schema, relation, column = parts(one.identity)
        return call("op.drop_column", relation, column, schema=schema if schema != "public" else None)
    if on or " " in one.identity.partition("(")[0]:
        return ""
    return execute(f"DROP {one.type.upper()} {one.identity}")


RULE = CascadeDropped()
