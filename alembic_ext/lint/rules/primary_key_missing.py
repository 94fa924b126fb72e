"""A new table has no primary key.

Its rows cannot be told apart: logical replication refuses UPDATE and DELETE on it, and tools that work in batches have
nothing to go by.

Instead give it one.

It does not matter for tables that are only ever appended to, and never replicated. The rule is off unless it is
switched on.

https://www.postgresql.org/docs/current/logical-replication-publication.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import call, schema_of
from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title


class PrimaryKeyMissing(Rule):
    """CREATE TABLE without a primary key."""

    id, slug, group = "LC112", "primary-key-missing", "compatibility"
    severity = "note"
    default = False
    examples = (
        Example('op.create_table("fresh", sa.Column("a", sa.Integer, unique=True, nullable=False))  # <-'),
        Example('op.create_table("fresh", sa.Column("a", sa.Integer, primary_key=True))'),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.create_primary_key("key", "fresh", ["a"])'),
        Example('op.execute("CREATE TEMPORARY TABLE fresh (a int)")'),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        made: dict[int, Moment] = {}
        for moment in course.moments:
            for oid, now in moment.changed:
                if now.is_table and oid not in course.trace.before and not now.partition and now.persistence != "t":
                    made.setdefault(oid, moment)
        for oid, moment in made.items():
            table = course.after.get(oid)
            if table is not None and not any(one.type == "p" for one in table.constraints.values()):
                yield Hit(
                    moment,
                    f"{title(table)} has no primary key",
                    "give it one",
                    _key(table),
                    title(table),
                )


def _key(table: Relation) -> str:
    unique = [one for one in table.constraints.values() if one.type == "u"]
    names = table.names(unique[0].columns) if unique else list(table.columns)[:1]
    return call("op.create_primary_key", f"{table.name}_pkey", table.name, names, schema=schema_of(table))


RULE = PrimaryKeyMissing()
