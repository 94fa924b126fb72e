"""A table is rewritten while nobody can read it.

The statement holds an ACCESS EXCLUSIVE lock and writes every row, and every index, anew: reads and writes wait until
that is done, which takes long on a large table, and needs as much room again on the disk.

Instead add a new column or table beside the old one, let the application write both, fill it in batches, and switch.

It does not matter for a table with few rows. The server told of the rewrite; other rules have better words for the
cases that they know.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import lock, title


class TableRewritten(Rule):
    """Any rewrite that no other rule explains."""

    id, slug, group = "LB001", "table-rewritten", "blocking"
    severity = "error"
    general = sized = True
    examples = (
        Example('op.execute("DO $$BEGIN CLUSTER t USING t_pkey; END$$")  # <-', "CREATE TABLE t (a int PRIMARY KEY)"),
        Example(
            'op.execute("DO $$BEGIN CLUSTER t1 USING t1_pkey; CLUSTER t2 USING t2_pkey; END$$")  # <-',
            "CREATE TABLE t (a int PRIMARY KEY) PARTITION BY LIST (a);"
            "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)",
        ),
        Example('op.execute("ALTER TABLE t ALTER a TYPE text")', "CREATE TABLE t (a varchar(10))"),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        found: dict[Oid, list[Oid]] = {}
        for oid in sorted(at.rewritten):
            found.setdefault(at.whole(oid), []).append(oid)
        for oid, parts in found.items():
            told = set(parts) & set(at.did.rewritten) or not at.course.trace.telling
            new = "add a new column or table, fill it in batches, and switch to it"
            yield Hit(
                at,
                lock(at, oid, "while every row is written anew" if told else "while all rows are replaced"),
                new if told else "do it outside of the migration, or fill a new table beside it and switch to that",
                object=title(at.old[oid]),
                table=oid,
                effects=tuple(("rewrite", part) for part in parts),
            )


RULE = TableRewritten()
