"""A new column has a domain with constraints, so every row is written.

PostgreSQL has to see that each row satisfies the domain: it rewrites the table and all its indexes under an ACCESS
EXCLUSIVE lock, even where the column has no default and every value is null. Reads and writes wait until that is done.

Instead add the column with the type below the domain, and a CHECK that is NOT VALID; validate that in a later
revision, while others write.

It does not matter for a table with few rows. A domain without constraints rewrites nothing, and nothing is said of it.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, schema_of, validated
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._rewritten import rewriting
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import add_column, revisions
from alembic_ext.sqltext import ident

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
            name = f"{table.name}_{column.name}_check"
            condition = f"{ident(column.name)} IS NOT NULL  /* the condition of {column.type} */"
            yield Hit(
                at,
                lock(at, table.oid, f"while every row is written, since the domain {column.type} has constraints"),
                f"give the column the type {column.base}, and a CHECK that is validated later",
                revisions(
                    (
                        "new rows are checked",
                        [
                            add_column(table, column.name, column.base),
                            call("op.create_check_constraint", name, table.name, condition, schema=schema_of(table),
                                 postgresql_not_valid=True),
                        ],
                    ),
                    (
                        "old rows are checked while others write",
                        [validated(table, name)],
                    ),
                ),
                title(at.old[table.oid]),
                table.oid,
                effects_on(at, table.oid),
            )  # fmt: skip


RULE = ConstrainedDomainColumn()
