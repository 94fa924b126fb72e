"""Rows are fetched, and changed one after the other.

The revision, or the code of a DO, fetches the rows of a table and sends a statement for each. All that it has changed
stays locked until the transaction ends, and that takes as many statements as there are rows: hours where one UPDATE
takes minutes.

Instead say it in SQL, ``UPDATE … SET … FROM …``, in batches of some thousand, each committed by itself: in an
``autocommit_block``, or in a job beside the migrations.

It does not matter for a table with few rows, nor where only those with one value of a column, or in a range, are
fetched, or a part at a time by LIMIT.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.bulk import ANY, bulk, has, picked, words_of_block
from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE a (id int PRIMARY KEY, x int, y int)"
READ = 'op.get_bind().execute(sa.text("SELECT id, x FROM a{}"))'
WRITE = '    op.get_bind().execute(sa.text("UPDATE a SET y = :x WHERE id = :id"), {"id": row.id, "x": row.x})'
BLOCK = "DO $$DECLARE r a; BEGIN FOR r IN SELECT * FROM a LOOP UPDATE a SET y = r.x WHERE id = r.id; END LOOP; END$$"
MAPPED = """from sqlalchemy.orm import Session, declarative_base
class A(declarative_base()):
    __tablename__ = "a"
    id = sa.Column(sa.Integer, primary_key=True)
    x = sa.Column(sa.Integer)
with Session(op.get_bind()) as session:
    for one in session.query(A):  # <-
        one.x = 3
    session.flush()"""


class RowsOneByOne(Rule):
    """A loop over the rows of an old table that sends a statement in each round."""

    id, slug, group = "LT112", "rows-one-by-one", "transaction"
    sized = True
    examples = (
        Example(f"for row in {READ.format('')}:  # <-\n{WRITE}", TABLE),
        Example(
            f"result = {READ.format(' WHERE x IS NULL')}  # <-\nrows = result.all()\nfor row in rows:\n{WRITE}", TABLE
        ),
        Example(MAPPED, TABLE),
        Example(f'op.execute("""{BLOCK}""")  # <-', TABLE),
        Example(
            "with op.get_context().autocommit_block():\n"
            f'    op.execute("""{BLOCK.replace("END LOOP", "COMMIT; END LOOP")}""")',
            TABLE,
        ),
        Example(f"for row in {READ.format(' WHERE y = 3')}:\n{WRITE}", TABLE),
        Example(f"for row in {READ.format(' LIMIT 100')}:\n{WRITE}", TABLE),
        Example(f"for row in {READ.format('')}:\n    print(row)\nfor row in ():\n{WRITE}", TABLE),
        Example(
            f"with op.get_context().autocommit_block():\n    for row in {READ.format('')}:\n    {WRITE}",
            TABLE,
        ),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at in course.moments:
            read = sorted(one for one in at.scanned if at.old[one].is_table)
            if read and not at.holding and (_in_python(at) or _in_block(at)):
                table = at.old[read[0]]
                yield Hit(
                    at,
                    f"the rows of {title(table)} are fetched, and a statement is sent for each: what they change stays "
                    "locked until the transaction ends",
                    "say it in one UPDATE for some thousand rows at a time, outside of a transaction",
                    object=title(table),
                    table=table.oid,
                    verdict="static",
                )


def _in_block(at: Moment) -> bool:
    """Whether it is a DO with a loop in which rows are changed; where it changes many at once, another rule tells."""
    words = words_of_block(at)
    return "LOOP" in words and bool(words & {"UPDATE", "DELETE"}) and not words & {"LIMIT", "COMMIT"} and not bulk(at)


def _in_python(at: Moment) -> bool:
    """Whether a loop that writes runs over what a SELECT gives."""
    if at.node != "SelectStmt" or at.did.autocommit or has(at.tree, "limitCount") or picked(at, at.tree, ANY):
        return False
    return any(
        place.file == loop.file and any(first <= place.line <= last for first, last in over)
        for loop, over in at.course.trace.loops
        for place in at.did.places
    )


RULE = RowsOneByOne()
