"""A column that is dropped takes along an index or a constraint on other columns as well.

PostgreSQL drops every index, unique constraint and CHECK that has the column among others, and says nothing: queries
become slow, and rows get in that were kept out. So it does with a primary key.

Instead make the index or the constraint for the columns that stay, CONCURRENTLY, before the column is dropped.

It does not matter where the rest of the columns needs neither.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, call, schema_of
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Constraint, Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLE = (
    "CREATE TABLE account (id int PRIMARY KEY, email text, site int, a int, b int,"
    " CONSTRAINT one_email UNIQUE (site, email), CONSTRAINT apart CHECK (a <> b));"
    "CREATE INDEX a_b ON account (a, b); CREATE INDEX email_only ON account (email)"
)
_WORDS = {"p": "primary key", "u": "unique constraint", "c": "check", "x": "exclusion constraint", "f": "foreign key"}


class LostWithColumn(Rule):
    """What DROP COLUMN takes along, and is not of that column alone."""

    id, slug, group = "LD103", "lost-with-column", "data loss"
    examples = (
        Example('op.drop_column("account", "site")  # <-', TABLE, also=("column-dropped",)),
        Example('op.drop_column("account", "a")  # <-', TABLE, also=("column-dropped",)),
        Example('op.drop_column("account", "id")  # <-', TABLE, also=("column-dropped",)),
        Example('op.drop_constraint("one_email", "account")', TABLE, also=("constraint-dropped",)),
        Example(
            'op.drop_column("visit", "at")', "CREATE TABLE visit (id int, at int UNIQUE)", also=("column-dropped",)
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        dropped: dict[int, dict[int, str]] = {}
        for table, old, new in at.columns:
            if old is not None and new is None and at.is_old_column(table.oid, old):
                dropped.setdefault(table.oid, {})[old.number] = old.name
        for oid, numbers in dropped.items():
            table, now = at.before[oid], at.after[oid]
            left = {one.oid for one in now.constraints.values()}
            lost = [
                one for one in table.constraints.values()
                if one.oid not in left and numbers.keys() & {*one.columns}
                and (one.type == "p" or not numbers.keys() >= {*one.columns})
            ]  # fmt: skip
            backing = {one.backing for one in table.constraints.values()}
            indexes = [
                one for one in at.indexes_of(oid)
                if one.oid not in at.after and one.oid not in backing and one.as_index
                and numbers.keys() & {*one.as_index.columns} and not numbers.keys() >= {*one.as_index.columns}
            ]  # fmt: skip
            names = [f"{_WORDS.get(one.type, 'constraint')} {one.name}" for one in lost]
            names += [f"index {one.name}" for one in indexes]
            if names:
                yield Hit(
                    at,
                    f"with column {listed([*numbers.values()])} of {title(table)} goes {listed(names, 5)}",
                    "make what is still needed for the other columns first",
                    _instead(table, numbers.keys(), lost, indexes),
                    title(table),
                    oid,
                )


def _instead(table: Relation, dropped: Iterable[int], lost: list[Constraint], indexes: list[Relation]) -> str:
    gone = set(dropped)
    wanted = [(one.name, one.columns, True) for one in lost if one.type in "pu"]
    wanted += [(one.name, one.as_index.columns, one.as_index.unique) for one in indexes if one.as_index]
    lines = [
        call("op.create_index", f"{name}_new", table.name, left, unique=unique or None, schema=schema_of(table),
             postgresql_concurrently=True)
        for name, columns, unique in wanted
        if (left := table.names([number for number in columns if number not in gone]))
    ]  # fmt: skip
    return autocommit(lines) if lines else ""


RULE = LostWithColumn()
