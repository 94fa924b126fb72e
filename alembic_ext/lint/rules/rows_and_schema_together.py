"""Rows are changed and a table is altered in one transaction.

To change many rows takes long. When a table was altered before it in the same transaction, nobody can use that table
until all rows are changed. When it is altered after it, the rows stay locked while the transaction waits for the lock
on the table.

Instead make three revisions of it: one that adds, one that fills in batches outside of a transaction, and one that
takes away or makes strict.

It does not matter for tables with few rows.

https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bulk import bulk, in_batches
from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import held, lock, title

TABLES = "CREATE TABLE a (id int PRIMARY KEY, x int); CREATE TABLE b (y int)"
ADD = 'op.add_column("a", sa.Column("z", sa.Integer))'


class RowsAndSchemaTogether(Rule):
    """Many rows are changed under a strong lock, or a strong lock is taken after many rows were changed."""

    id, slug, group = "LT103", "rows-and-schema-together", "transaction"
    sized = True
    examples = (
        Example(f'{ADD}\nop.execute("UPDATE a SET z = x + 1")  # <-', TABLES),
        Example(f'{ADD}\nop.execute("UPDATE b SET y = 1 WHERE y IS NULL")  # <-', TABLES),
        Example(
            f'{ADD}\na = sa.table("a", sa.column("z"), sa.column("x"))\n'
            "op.execute(a.update().where(a.c.x == 7).values(z=3))  # <-",
            TABLES,
        ),
        Example(f'op.execute("UPDATE b SET y = 1 WHERE y IS NULL")\n{ADD}  # <-', TABLES, also=("many-rows-at-once",)),
        Example(
            f'op.execute("DO $$BEGIN UPDATE b SET y = 1; END$$")\n{ADD}  # <-', TABLES, also=("many-rows-at-once",)
        ),
        Example(f'{ADD}\nop.execute("UPDATE a SET z = 5 WHERE id = 3")', TABLES),
        Example(f'{ADD}\nop.execute("INSERT INTO b VALUES (1), (2)")', TABLES),
        Example('op.execute("CREATE TABLE c (x int)")\nop.execute("INSERT INTO c VALUES (1)")', TABLES),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        changed = {at.number: found for at in course.moments if (found := bulk(at))}
        told = set()
        for at in course.moments:
            if found := changed.get(at.number):
                locked = next((oid for oid in (found.table, *at.holding) if oid in at.holding and oid in at.before), 0)
                if locked:
                    told.add(at.did.transaction)
                    yield Hit(
                        at,
                        held(at, locked, f"while rows of {title(at.old[found.table])} are {found.verb}"),
                        "change the rows in batches, in a revision of its own",
                        in_batches(at, at.old[found.table]),
                        object=title(at.old[found.table]),
                        table=found.table,
                        effects=tuple(("scan", oid) for oid in at.scanned),
                    )
            elif at.blocking and at.did.transaction not in told:
                earlier = next((one for one in at.course.earlier(at) if one.number in changed), None)
                if earlier:
                    told.add(at.did.transaction)
                    rows = changed[earlier.number]
                    yield Hit(
                        at,
                        f"{lock(at, next(iter(at.blocking)))}, is waited for while the rows of "
                        f"{title(at.old[rows.table])} that line {earlier.line} {rows.verb} stay locked",
                        "change the rows in batches, in a revision of its own",
                        in_batches(earlier, at.old[rows.table]),
                        object=title(at.old[rows.table]),
                        table=rows.table,
                        severity="note",
                    )


RULE = RowsAndSchemaTogether()
