"""A column becomes NOT NULL, and every row is read for it.

PostgreSQL has to see that no row has null there: it reads the whole table under an ACCESS EXCLUSIVE lock, and reads
and writes wait until that is done. If a row has null, the migration fails.

Instead let PostgreSQL know before that there is none: with a NOT NULL constraint that is NOT VALID, and validated
later (PostgreSQL 18), or with a CHECK, which is added as NOT VALID and validated while others write; SET NOT NULL then
reads no row, and the CHECK can go.

It does not matter for a table with few rows. Where a valid CHECK proves it no row is read, and nothing is said.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.said import listed, lock, title
from alembic_ext.lint.steps import not_null, revisions

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text, name text)"
PROVED = f"{TABLE}; ALTER TABLE account ADD CONSTRAINT has_email CHECK (email IS NOT NULL)"


class SetNotNull(Rule):
    """SET NOT NULL that scans the table."""

    id, slug, group = "LB209", "set-not-null", "blocking"
    severity = "error"
    sized = True
    aliases = ("PG303", "MF104", "adding-not-nullable-field")
    examples = (
        Example('op.alter_column("account", "email", nullable=False)  # <-', TABLE),
        Example('op.execute("ALTER TABLE account ALTER email SET NOT NULL, ALTER name SET NOT NULL")  # <-', TABLE),
        Example(
            'op.execute("ALTER TABLE account ALTER email SET NOT NULL")  # <-',
            f"{TABLE}; ALTER TABLE account ADD CONSTRAINT has_email CHECK (email IS NOT NULL) NOT VALID",
        ),
        Example('op.alter_column("account", "email", nullable=False)', PROVED),
        Example('op.alter_column("account", "id", nullable=False)', TABLE),
        Example(
            'op.execute("ALTER TABLE account ADD CONSTRAINT has_email NOT NULL email NOT VALID")', TABLE, oldest=18
        ),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.alter_column("fresh", "a", nullable=False)'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        found: dict[int, tuple[Relation, list[str]]] = {}
        keys = {(table.oid, number) for table, one in at.added if one.type == "p" for number in one.columns}
        for table, old, new in at.columns:
            if old and new and new.notnull and not old.notnull and (table.oid, new.number) not in keys:
                found.setdefault(table.oid, (table, []))[1].append(new.name)
        for oid, (table, names) in found.items():
            family = at.family(oid)
            if not family & at.scanned or family & at.rewritten:
                continue
            yield Hit(
                at,
                lock(at, oid, f"while every row is read to see that {listed(names)} {_is(names)} nowhere null"),
                "prove it before: add a constraint as NOT VALID, and validate it in a later revision",
                revisions(*not_null(table, names, at.course.trace.version)),
                title(at.old[oid]),
                oid,
                effects_on(at, oid),
            )


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


RULE = SetNotNull()
