"""An exclusion constraint builds its index and checks all rows while nobody can use the table.

ADD EXCLUDE holds an ACCESS EXCLUSIVE lock while it builds the index and then looks up every row in it: reads and writes
wait until that is done. There is no way to do it concurrently: it takes neither USING INDEX nor NOT VALID.

Instead make a new table with the constraint, let the application write both, copy the rows in batches, and switch; or
do it when nobody needs the table.

It does not matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-EXCLUDE
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title

TABLE = "CREATE TABLE booking (id int, span int4range)"


class ExclusionAdded(Rule):
    """ADD EXCLUDE on a table that is in use."""

    id, slug, group = "LB129", "exclusion-added", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.create_exclude_constraint("apart", "booking", ("span", "&&"), using="gist")  # <-', TABLE),
        Example('op.execute("CREATE TABLE fresh (span int4range, EXCLUDE USING gist (span WITH &&))")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, one in at.declared:
            if one.type == "x" and at.is_old(table):
                yield Hit(
                    at,
                    lock(at, table.oid, f"while the index of {one.name} is built and every row is checked"),
                    "copy the rows in batches into a new table that has the constraint, and switch to it",
                    object=title(table),
                    table=table.oid,
                    effects=effects(at, "scan", "build", "lock"),
                )


RULE = ExclusionAdded()
