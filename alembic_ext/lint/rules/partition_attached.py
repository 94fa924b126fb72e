"""A partition is attached, and its rows are checked while nobody can use it.

ATTACH PARTITION takes an ACCESS EXCLUSIVE lock on the table that is attached, and on the default partition if there is
one. It reads the first to see that all rows belong there, and the second to see that none does. An index that the new
partition lacks is built as well.

Instead add a CHECK constraint with the same condition to the table beforehand (and its opposite to the default
partition), with NOT VALID and VALIDATE in two transactions: PostgreSQL trusts it, and reads nothing. Build the indexes
with CONCURRENTLY beforehand. Drop the constraints afterwards.

It does not matter for a table that the same revision creates, nor for one with few rows.

https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule, effects_on
from alembic_ext.lint.rules._partition import default_of, proved
from alembic_ext.lint.said import listed, lock, title

TABLES = (
    "CREATE TABLE p (a int NOT NULL, b int) PARTITION BY LIST (a); "
    "CREATE TABLE c (a int NOT NULL, b int); CREATE TABLE proved (a int NOT NULL, b int, CHECK (a = 2)); "
)
DEFAULT = "CREATE TABLE rest PARTITION OF p DEFAULT; "
ATTACH = 'op.execute("ALTER TABLE p ATTACH PARTITION c FOR VALUES IN (2)")'
PROVED = 'op.execute("ALTER TABLE p ATTACH PARTITION proved FOR VALUES IN (2)")'


class PartitionAttached(Rule):
    """ATTACH PARTITION that has to read rows or to build an index."""

    id, slug, group = "LB301", "partition-attached", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example(f"{ATTACH}  # <-", TABLES),
        Example(f"{PROVED}  # <-", TABLES + DEFAULT),
        Example(f"{PROVED}  # <-", f"{TABLES} CREATE INDEX ON p (b)"),
        Example(PROVED, TABLES),
        Example(PROVED, f"{TABLES} {DEFAULT} ALTER TABLE rest ADD CHECK (a <> 2)"),
        Example('op.execute("CREATE TABLE n (a int NOT NULL, b int)")\n' + ATTACH.replace(" c ", " n "), TABLES),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for kind, command in at.commands:
            if kind != "AT_AttachPartition" or at.table is None or at.table.kind != "p":
                continue
            child = at.named(command["def"]["PartitionCmd"]["name"])
            involved = [one for one in (child, default_of(at, at.table)) if one is not None and at.is_old(one)]
            read = [one for one in involved if {one.oid, *at.parts(one.oid)} & at.scanned]
            built = [
                one.name for part in involved for one in at.indexes_of(part.oid, before=False) if one.oid in at.built
            ]
            if not read and not built:
                continue
            doing = [f"every row of it is read to see whether it {_belongs(read, child)}"] if read else []
            doing += [f"{listed(built)} {'is' if len(built) == 1 else 'are'} built"] if built else []
            first = read[0] if read else involved[0]
            also = f"; the same for {title(read[1])}" if len(read) > 1 else ""
            meanwhile = f"while {' and '.join(doing)}"
            yield Hit(
                at,
                lock(at, first.oid, meanwhile) + also,
                "let a CHECK constraint prove it beforehand" if read else "build the index beforehand",
                proved(at, child, read, execute(at.did.sql)) if read else "",
                title(first),
                first.oid,
                effects_on(at, *(one.oid for one in involved)),
            )


def _belongs(read: list[Relation], child: Relation | None) -> str:
    return "belongs there" if child in read else "belongs to the new partition"


RULE = PartitionAttached()
