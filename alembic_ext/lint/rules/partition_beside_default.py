"""A partition is created, and the default partition is read while nobody can use the table.

CREATE TABLE … PARTITION OF takes an ACCESS EXCLUSIVE lock on the partitioned table. Where there is a default partition,
that is locked as well, and read from end to end: some of its rows might belong to the new partition.

Instead prove with a CHECK constraint on the default partition that none does, added with NOT VALID and VALIDATE in two
transactions: PostgreSQL trusts it, and reads nothing. Or do without a default partition.

It does not matter where the default partition has few rows, as it should.

https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-PARTITION
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._partition import default_of, proved
from alembic_ext.lint.said import lock, title

TABLES = "CREATE TABLE p (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN (1); "
DEFAULT = "CREATE TABLE rest PARTITION OF p DEFAULT; "
CREATE = 'op.execute("CREATE TABLE two PARTITION OF p FOR VALUES IN (2)")'


class PartitionBesideDefault(Rule):
    """CREATE TABLE … PARTITION OF where the default partition has to be read."""

    id, slug, group = "LB302", "partition-beside-default", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example(f"{CREATE}  # <-", TABLES + DEFAULT),
        Example(CREATE, TABLES, also=("partition-created",)),
        Example(CREATE, f"{TABLES} {DEFAULT} ALTER TABLE rest ADD CHECK (a <> 2)", also=("partition-created",)),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "CreateStmt" or "partbound" not in at.tree:
            return
        parent = at.named(at.tree["inhRelations"][0]["RangeVar"])
        default = default_of(at, parent) if parent else None
        if parent is None or default is None or parent.oid not in at.old:
            return
        read = {default.oid, *at.parts(default.oid)} & at.scanned
        if read:
            yield Hit(
                at,
                lock(at, parent.oid, f"while every row of its default partition {default.name} is read"),
                "let a CHECK constraint prove beforehand that the default partition has none of its rows",
                proved(at, at.named(at.tree["relation"], new=True), [default], execute(at.did.sql)),
                title(default),
                default.oid,
                tuple(("scan", oid) for oid in read),
            )


RULE = PartitionBesideDefault()
