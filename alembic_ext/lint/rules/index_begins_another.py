"""An index has the first columns of another.

The other serves the same queries, nearly as well; both are written with every row.

Instead leave the short one out, unless it is much smaller than the other, and is used much more.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules.index_twice import new_and_others
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE account (id int, email text, age int)"


class IndexBeginsAnother(Rule):
    """A new index whose columns are the first of another, or the other way round."""

    id, slug, group = "LB111", "index-begins-another", "types"
    severity = "note"
    default = False
    examples = (
        Example('op.create_index("ix", "account", ["email"])  # <-', f"{TABLE}; CREATE INDEX ON account (email, age)",
                also=("index-not-concurrent",)),
        Example('op.create_index("ix", "account", ["email", "age"])  # <-',
                f"{TABLE}; CREATE INDEX i ON account (email)",
                also=("index-not-concurrent",)),
        Example('op.create_index("ix", "account", ["age"])', f"{TABLE}; CREATE INDEX ON account (email, age)",
                also=("index-not-concurrent",)),
    )  # fmt: skip

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        for at, one, others in new_and_others(course):
            assert one.as_index
            for other in others:
                assert other.as_index
                short, long = sorted([one, other], key=lambda relation: relation.as_index.keys)  # type: ignore[union-attr]
                assert short.as_index
                assert long.as_index
                keys = short.as_index.columns[: short.as_index.keys]
                more = long.as_index.keys > len(keys) == len(short.as_index.columns)
                if more and not short.as_index.unique and long.as_index.columns[: len(keys)] == keys:
                    yield Hit(
                        at,
                        f"{title(short)} has the first columns of {long.name}, which serves its queries, too",
                        f"leave {short.name} out",
                        object=title(one),
                        table=one.as_index.table,
                    )
                    break


RULE = IndexBeginsAnother()
