"""A column takes the name of another, and what belongs to the other stays with that.

The last step of a change of type in parts is to swap the names. NOT NULL, the default or the identity, the primary key,
unique and foreign keys know a column by its number, not by its name: they stay with the old one. INSERTs of the code
that is still deployed leave the new one null then, or fail, and nothing keeps its values unique.

Instead give the new column before the swap what the old one has, and move the default in the same transaction.

It does not matter for what the same revision gives to the new column, before or after.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Column, Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLE = "CREATE TABLE t (id serial PRIMARY KEY, a text, a_new text, new bigint)"
SWAP = 'op.alter_column("t", "id", new_column_name="id_old")\nop.alter_column("t", "new", new_column_name="id")'
_KEYS = {"p": "the primary key", "u": "a unique constraint", "f": "a foreign key"}


class ColumnSwapped(Rule):
    """RENAME COLUMN to the name of an old column that is there under another one and has more."""

    id, slug, group = "LC218", "column-swapped", "compatibility"
    examples = (
        Example(f"{SWAP}  # <-", TABLE),
        Example(
            'op.alter_column("t", "a", new_column_name="a_old")\nop.alter_column("t", "a_new", new_column_name="a")',
            TABLE,
        ),
        Example(
            f"{SWAP}\nop.execute(\"ALTER TABLE t ALTER id SET DEFAULT nextval('t_id_seq'), ALTER id_old DROP DEFAULT, "
            'ALTER id_old DROP NOT NULL")',
            "CREATE TABLE t (id serial UNIQUE, new bigint NOT NULL UNIQUE)",
            also=("not-null-dropped",),
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for table, old, new in at.columns:
            if old is None or new is None or old.name == new.name or table.oid not in at.old:
                continue
            was = at.old[table.oid].columns.get(new.name)
            last = at.course.after.get(table.oid)
            if was is None or was.number == new.number or last is None:
                continue
            now = next((one for one in last.columns.values() if one.number == new.number), None)
            if now is None or was.number not in {one.number for one in last.columns.values()}:
                continue
            if lost := list(_lost(at.old[table.oid], last, was, now)):
                explained: list[Effect] = [("lock", one) for one in at.family(table.oid)]
                yield Hit(
                    at,
                    f"column {new.name} of {title(table)} is another one from here on, and has not what the other had: "
                    f"{listed(lost, 5)}",
                    "give the new column before the swap what the old one has",
                    object=f"column {table.schema}.{table.name}.{new.name}",
                    table=table.oid,
                    effects=tuple(explained),
                )


def _lost(before: Relation, after: Relation, old: Column, new: Column) -> Iterator[str]:
    """What a column had, and the one that takes its name has not."""
    if old.notnull and not new.notnull:
        yield "NOT NULL"
    if (old.default or old.identity) and not (new.default or new.identity or new.generated):
        yield "its identity" if old.identity else "its default"
    had = {one.type for one in before.constraints.values() if old.number in one.columns}
    has = {one.type for one in after.constraints.values() if new.number in one.columns}
    yield from (words for sort, words in _KEYS.items() if sort in had - has)


RULE = ColumnSwapped()
