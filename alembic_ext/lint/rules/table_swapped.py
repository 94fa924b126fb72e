"""A table takes the name of another, and the other goes on under a new name.

Rows that are written to the old table after they were copied are missing in the new one. And what belongs to the old
table stays with it, whatever its name: foreign keys of other tables and views go on to read the old rows, and
privileges, triggers, policies, comments and publications are not those of the new one.

Instead keep both in step by a trigger until the swap, or lock the old table against writes before the last rows are
copied; and move to the new table, in the same transaction, what belongs to the old one.

It does not matter where the old table becomes a partition of the new one, through which its rows are read.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import listed, title

TABLES = "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int PRIMARY KEY); CREATE TABLE w (a int REFERENCES t)"
SWAP = 'op.rename_table("t", "t_old")\nop.rename_table("u", "t")'
PARTS = "CREATE TABLE t (a int NOT NULL); CREATE TABLE u (a int NOT NULL) PARTITION BY LIST (a)"


class TableSwapped(Rule):
    """RENAME TO the name of an old table that is there under another one."""

    id, slug, group = "LC210", "table-swapped", "compatibility"
    examples = (
        Example(f"{SWAP}  # <-", TABLES, also=("locks-gathered",)),
        Example(
            'op.execute("CREATE TABLE better (LIKE t INCLUDING ALL)")\nop.rename_table("t", "t_old")\n'
            'op.rename_table("better", "t")  # <-',
            TABLES,
        ),
        Example(f'{SWAP}\nop.execute("ALTER TABLE t ATTACH PARTITION t_old DEFAULT")', PARTS,
                also=("locks-gathered", "partition-attached")),
        Example('op.rename_table("t", "t_old")\nop.execute("CREATE VIEW t AS SELECT * FROM t_old")', TABLES),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        names = {(one.schema, one.name): one for one in at.old.values() if one.is_table}
        for oid, now in at.changed:
            then, other = at.before.get(oid), names.get((now.schema, now.name))
            if then is None or other is None or other.oid == oid or not now.is_table:
                continue
            last = at.course.after.get(other.oid)
            if (then.schema, then.name) == (now.schema, now.name) or last is None or _holds(at, oid, last):
                continue
            stays = "".join(f", {one}" for one in _belongings(at, other, now))
            yield Hit(
                at,
                f"{title(now)} is another table from here on: rows that were written after the copy are in "
                f"{last.name}, and so stays what belongs to it: views, privileges{stays}",
                "keep both in step until the swap, and move what belongs to the old one in the same transaction",
                object=title(now),
                table=other.oid,
                effects=(("lock", oid),),
            )


def _holds(at: Moment, oid: int, other: Relation) -> bool:
    """Whether the rows of the old table are in the new one: it is a part of it, or was before."""
    return oid in other.parents or other.oid in at.course.after[oid].parents if oid in at.course.after else False


def _belongings(at: Moment, old: Relation, new: Relation) -> Iterator[str]:
    """What stays with the old table."""
    keys = [
        f"{one.name} of {table.name}" for table in at.after.values() if table.oid != old.oid
        for one in table.constraints.values() if one.type == "f" and one.references == old.oid
    ]  # fmt: skip
    if keys:
        yield f"foreign keys ({listed(sorted(keys))})"
    names = {one.name for one in new.works}
    if works := sorted(one.name for one in old.works if one.name not in names):
        yield f"triggers and rules ({listed(works)})"
    if len(old.policies) > len(new.policies):
        yield "policies"


RULE = TableSwapped()
