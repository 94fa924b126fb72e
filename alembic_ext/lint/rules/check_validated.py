"""A CHECK is added and checked while nobody can use the table.

ADD CHECK holds an ACCESS EXCLUSIVE lock while it reads all rows: reads and writes wait until that is done.

Instead add it NOT VALID, which holds the lock for a moment only and applies to all that is written from then on, and
check the old rows with VALIDATE CONSTRAINT in a transaction of its own: that lets others read and write.

It does not matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import check
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import Step, checked_later, revisions

TABLE = "CREATE TABLE account (id int PRIMARY KEY, age int, email text)"


class CheckValidated(Rule):
    """ADD CHECK without NOT VALID on a table that is in use."""

    id, slug, group = "LB124", "check-validated", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG305", "constraint-missing-not-valid")
    examples = (
        Example('op.create_check_constraint("adult", "account", "age >= 18")  # <-', TABLE),
        Example("op.execute(\"ALTER TABLE account ADD CHECK (email ~ '^.+@.+$'), ADD CHECK (age > 0)\")  # <-", TABLE),
        Example('op.create_check_constraint("adult", "account", "age >= 18", postgresql_not_valid=True)', TABLE),
        Example(
            'op.execute("ALTER TABLE account VALIDATE CONSTRAINT adult")',
            f"{TABLE}; ALTER TABLE account ADD CONSTRAINT adult CHECK (age >= 18) NOT VALID",
        ),
        Example('op.create_table("fresh", sa.Column("a", sa.Integer))\n'
                'op.create_check_constraint("k", "fresh", "a > 0")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, one in at.declared:
            if one.type != "c" or not one.validated or not at.is_old(table) or is_of_new_columns(at, table, one):
                continue
            yield Hit(
                at,
                lock(at, table.oid, f"while every row is checked by {one.name}"),
                "add it NOT VALID, and validate it in a transaction of its own",
                in_two_steps(at, table, one),
                title(table),
                table.oid,
                effects(at, "scan", "lock"),
                "observed" if at.scanned else "static",
            )


def is_of_new_columns(at: Moment, table: Relation, one: Constraint) -> bool:
    """Whether a constraint is about columns that the same statement adds, and no others."""
    names = set(table.names(one.columns))
    return bool(names) and not names & at.before[table.oid].columns.keys()


def in_two_steps(at: Moment, table: Relation, one: Constraint, *first: Step) -> str:
    """The CHECK as NOT VALID, and its validation; ``first`` is done before it."""
    add = check(table, one, at.did.definitions[one.oid], postgresql_not_valid=True)
    return revisions(*first, *checked_later([add], [table], one.name))


RULE = CheckValidated()
