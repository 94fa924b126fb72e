"""A new column has a domain with constraints, so every row is written.

PostgreSQL has to see that each row satisfies the domain: it rewrites the table and all its indexes under an ACCESS
EXCLUSIVE lock, even where the column has no default and every value is null. Reads and writes wait until that is done.

Instead add the column with the type below the domain, and a CHECK of the same condition that is NOT VALID; validate
that in a later revision, while others write.

It does not matter for a table with few rows. A domain without constraints rewrites nothing, and nothing is said of it.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, execute, schema_of, spelled, text, unwrapped, validated
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._rewritten import is_steady, rewriting
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import Step, add_column, declared, fill, not_null, revisions
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.pgquery import tokens

TABLE = (
    "CREATE TABLE account (id int); CREATE DOMAIN score AS int CHECK (VALUE > 0); CREATE DOMAIN plain AS text"
    "; CREATE DOMAIN required AS varchar(10) NOT NULL"
)


class ConstrainedDomainColumn(Rule):
    """ADD COLUMN of a domain that has a CHECK or is NOT NULL."""

    id, slug, group = "LB205", "constrained-domain-column", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.execute("ALTER TABLE account ADD points score")  # <-', TABLE, newest=18),
        Example("""op.execute("ALTER TABLE account ADD state required DEFAULT 'new'")  # <-""", TABLE, newest=18),
        Example('op.execute("ALTER TABLE account ADD name plain")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for (table, _, _), column in rewriting(at, "domain"):
            yield Hit(
                at,
                lock(at, table.oid, f"while every row is written, since the domain {column.type} has constraints"),
                f"give the column the type {column.base}, and a CHECK that is validated later",
                revisions(*_steps(at, table, column)),
                title(at.old[table.oid]),
                table.oid,
                effects_on(at, table.oid),
            )


def _steps(at: Moment, table: Relation, column: Column) -> list[Step]:
    name, schema, whole = f"{table.name}_{column.name}_check", schema_of(table), spelled(table)
    default, required = column.default or column.domain_default, column.notnull
    add, more = [add_column(table, column.name, column.base, column.collate)], list[Step]()
    if default and is_steady(default):
        words = f"{declared(column.base, column.collate)} DEFAULT {default}{' NOT NULL' * required}"
        add = [execute(f"ALTER TABLE {whole} ADD COLUMN {ident(column.name)} {words}")]
        required = False
    elif default:
        add.append(call("op.alter_column", table.name, column.name, server_default=text(default), schema=schema))
        more = [("old rows have the default, in batches", fill(table, column.name, "DEFAULT"))]
    elif required or "VALUE IS NOT NULL" in column.condition:
        update = f"# UPDATE {whole} SET {ident(column.name)} = … WHERE {ident(column.name)} IS NULL AND …"
        more = [("old rows, in batches", [update])]
    if not column.condition:
        add.append(f"# and a CHECK of what {column.type} asks for: it is not known here")
        return [("new rows have it", add), *more]
    condition = text(unwrapped(_of_column(column.condition, column.name)))
    add.append(
        call("op.create_check_constraint", name, table.name, condition, schema=schema, postgresql_not_valid=True)
    )
    checking: Step = ("old rows are checked while others write", [validated(table, name)])
    proving = not_null(table, [column.name], at.course.trace.version) if required else []
    return [("new rows are checked", add), *more, checking, *proving]


def _of_column(condition: str, column: str) -> str:
    """What a domain asks of a VALUE, asked of a column.

    >>> print(_of_column("(VALUE <> 'VALUE'::text)", "a b"))
    ("a b" <> 'VALUE'::text)
    """
    content, done, found = condition.encode(), 0, list[str]()
    for token in tokens(condition):
        if content[token.start : token.end] == b"VALUE":
            found += [content[done : token.start].decode(), ident(column)]
            done = token.end
    return "".join([*found, content[done:].decode()])


RULE = ConstrainedDomainColumn()
