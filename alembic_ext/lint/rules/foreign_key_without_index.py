"""Nothing finds the rows that a foreign key comes from.

When a row of the referenced table is deleted, or its key changes, the server looks for the rows that reference it:
without an index on the columns of the foreign key it reads the whole table, each time.

Instead build an index that begins with these columns, with CONCURRENTLY, before the foreign key.

It does not matter for tables whose referenced rows are never deleted, and so it is only said where it is asked for.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, call, schema_of
from alembic_ext.lint.course import Course
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLES = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, parent_id int)"
ADD = 'op.create_foreign_key("fk", "child", "parent", ["parent_id"], ["id"], postgresql_not_valid=True)'


class ForeignKeyWithoutIndex(Rule):
    """A new foreign key whose columns no index begins with."""

    id, slug, group = "LB112", "foreign-key-without-index", "types"
    severity = "note"
    default = False
    examples = (
        Example(f"{ADD}  # <-", TABLES),
        Example(ADD, f"{TABLES}; CREATE INDEX ON child (parent_id, id)"),
        Example(f'{ADD}\nop.create_index("ix", "child", ["parent_id"])', TABLES, also=("index-not-concurrent",)),
    )

    def judge_whole(self, course: Course) -> Iterable[Hit]:
        last = course.after
        for at in course.moments:
            for table, key in at.added:
                if key.type != "f" or table.oid not in last or key.name not in last[table.oid].constraints:
                    continue
                wanted = set(key.columns)
                if any(
                    set(one.as_index.columns[: len(wanted)]) == wanted
                    for one in last.values()
                    if one.as_index and one.as_index.table == table.oid and not one.as_index.partial
                ):
                    continue
                names = table.names(key.columns)
                create = call(
                    "op.create_index", f"{table.name}_{'_'.join(names)}"[:63], table.name, names,
                    schema=schema_of(table), postgresql_concurrently=True,
                )  # fmt: skip
                yield Hit(
                    at,
                    f"no index of {title(table)} begins with {listed(names)}: a DELETE in the referenced table reads "
                    "all of it",
                    "build an index on the columns of the foreign key",
                    autocommit([create]),
                    title(table),
                    table.oid,
                )


RULE = ForeignKeyWithoutIndex()
