"""A column gets another type, and every row is checked again.

The rows stay as they are, but a constraint on the column is made anew with it: PostgreSQL reads the whole table under
an ACCESS EXCLUSIVE lock, and reads and writes wait until that is done. A longer varchar is free, but not with a CHECK
on it.

Instead drop the constraint, change the type, and add the constraint again as NOT VALID in the same revision; validate
it in a later one, while others write.

It does not matter for a table with few rows.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, check, execute, foreign_key, schema_of, validated
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._retyped import retyped
from alembic_ext.lint.said import listed, lock, title
from alembic_ext.lint.steps import revisions

TABLE = "CREATE TABLE account (email varchar(50) CONSTRAINT email_is_one CHECK (length(email) > 3), name varchar(50))"


class TypeChangeChecksRows(Rule):
    """ALTER COLUMN … TYPE that scans the table for a constraint, and neither rewrites nor builds."""

    id, slug, group = "LB208", "type-change-checks-rows", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.alter_column("account", "email", type_=sa.String(100))  # <-', TABLE),
        Example('op.alter_column("account", "name", type_=sa.String(100))', TABLE),
        Example(
            'op.drop_constraint("email_is_one", "account")\n'
            'op.alter_column("account", "email", type_=sa.String(100))\n'
            'op.create_check_constraint("email_is_one", "account", "length(email) > 3", postgresql_not_valid=True)',
            TABLE,
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for found in retyped(at):
            oid, family = found.table.oid, at.family(found.table.oid)
            built = {one.as_index.table for built in at.built if (one := at.after[built]).as_index}
            if not family & at.scanned or family & at.rewritten or family & built:
                continue
            numbers = {column.number for _, column in found.columns}
            again = [
                one for one in found.table.constraints.values()
                if one.oid in at.did.definitions and one.type in "cf" and numbers & {*one.columns}
            ]  # fmt: skip
            names = f" for {listed([one.name for one in again])}" if again else ""
            yield Hit(
                at,
                lock(at, oid, f"while every row is checked again{names}: {found.words}"),
                "drop the constraint before, add it again as NOT VALID, and validate it in a later revision",
                _steps(at, found.table, again) if again else "",
                title(at.old[oid]),
                oid,
                effects_on(at, oid),
            )


def _steps(at: Moment, table: Relation, again: list[Constraint]) -> str:
    schema, words = schema_of(table), {"postgresql_not_valid": True}
    made = [
        (foreign_key if one.type == "f" else check)(table, one, at.did.definitions[one.oid], **words) for one in again
    ]
    return revisions(
        (
            "nothing is read or written for this",
            [
                *(call("op.drop_constraint", one.name, table.name, schema=schema) for one in again),
                execute(at.did.sql),
                *made,
            ],
        ),
        ("old rows are checked while others write", [validated(table, one.name) for one in again]),
    )


RULE = TypeChangeChecksRows()
