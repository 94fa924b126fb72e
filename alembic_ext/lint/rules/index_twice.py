"""An index is the same as one that is there.

Both are written with every row, and no query is faster for the second: it only costs time and room.

Instead drop one of them, or do not create the other.

Where the revision drops the old one in its course, nothing is said.

https://www.postgresql.org/docs/current/indexes-intro.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.course import Course
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (id int PRIMARY KEY, email text, age int); CREATE INDEX account_email ON account (email)"


class IndexTwice(Rule):
    """A new index that has the columns of another."""

    id, slug, group = "LB110", "index-twice", "blocking"
    severity = "note"
    examples = (
        Example('op.create_index("ix", "account", ["email"])  # <-', TABLE, also=("index-not-concurrent",)),
        Example('op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
                'op.create_index("ix", "fresh", ["id"])  # <-'),
        Example('op.create_index("ix", "account", ["email"])\nop.drop_index("account_email")', TABLE,
                also=("index-not-concurrent", "index-dropped-at-once")),
        Example('op.create_index("ix", "account", ["email"], postgresql_ops={"email": "text_pattern_ops"})', TABLE,
                also=("index-not-concurrent",)),
        Example('op.create_index("ix", "account", ["email"], unique=True)', TABLE,
                also=("index-not-concurrent", "unique-may-fail")),
    )  # fmt: skip

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at, one, others in new_and_others(course):
            assert one.as_index
            new = one.as_index
            same = [
                other for other in others
                if (old := other.as_index) and old.columns == new.columns and old.order == new.order
                and old.keys == new.keys and old.unique >= new.unique
            ]  # fmt: skip
            if same:
                yield Hit(
                    at,
                    f"{title(one)} is the same as {same[0].name}, which serves every query that it could",
                    f"do not create it, or drop {same[0].name}",
                    object=title(one),
                    table=new.table,
                )


def new_and_others(course: Course) -> Iterator[tuple[Moment, Relation, list[Relation]]]:
    """The plain indexes that a revision makes and keeps, each with the older ones on its table at its end."""
    last = course.after
    new = {
        oid: at for at in course.moments for oid, one in at.changed
        if one.as_index and oid not in at.before and oid in last and not one.partition
    }  # fmt: skip
    for oid, at in new.items():
        one = last[oid]
        assert one.as_index
        if at.node in ("IndexStmt", "AlterTableStmt") and not one.as_index.partial and 0 not in one.as_index.columns:
            others = [
                other for other in last.values()
                if other.as_index and other.as_index.table == one.as_index.table and other.as_index.valid
                and not other.as_index.partial and other.as_index.method == one.as_index.method
                and (other.oid not in new or new[other.oid].number < at.number)
            ]  # fmt: skip
            yield at, one, others


RULE = IndexTwice()
