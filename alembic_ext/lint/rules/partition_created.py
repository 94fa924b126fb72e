"""A partition is created while nobody can use the table.

CREATE TABLE … PARTITION OF takes an ACCESS EXCLUSIVE lock on the partitioned table: it waits for all who use any of the
partitions, and all others wait behind it.

Instead create the table by itself, like the partitioned one, and attach it: ATTACH PARTITION lets others read and write
all the time. There is nothing to check in a table without rows.

It does not matter for a partitioned table that the same revision creates.

https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.rules._partition import default_of
from alembic_ext.lint.said import lock, title

TABLES = "CREATE TABLE p (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE one PARTITION OF p FOR VALUES IN (1); "
LIKE = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE"


class PartitionCreated(Rule):
    """CREATE TABLE … PARTITION OF a table that is in use, which has no default partition to be read."""

    id, slug, group = "LB306", "partition-created", "blocking"
    severity = "note"
    examples = (
        Example('op.execute("CREATE TABLE two PARTITION OF p FOR VALUES IN (2)")  # <-', TABLES),
        Example(
            f'op.execute("CREATE TABLE two (LIKE p {LIKE})")\n'
            'op.execute("ALTER TABLE p ATTACH PARTITION two FOR VALUES IN (2)")',
            TABLES,
            also=("primary-key-missing",),
        ),
        Example(
            'op.execute("CREATE TABLE q (a int PRIMARY KEY) PARTITION BY LIST (a)")\n'
            'op.execute("CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1)")'
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "CreateStmt" or "partbound" not in at.tree or at.did.error:
            return
        parent = at.named(at.tree["inhRelations"][0]["RangeVar"])
        if parent is None or parent.oid not in at.old or parent.oid not in at.taken:
            return
        default, new = default_of(at, parent), at.named(at.tree["relation"], new=True)
        if default is not None and {default.oid, *at.parts(default.oid)} & at.scanned:
            return
        lines = []
        if new is not None and not {"partspec", "tableElts"} & {*at.tree}:
            lines = [
                execute(f"CREATE TABLE {spelled(new)} (LIKE {spelled(parent)} {LIKE})"),
                execute(f"ALTER TABLE {spelled(parent)} ATTACH PARTITION {spelled(new)} {new.bound}"),
            ]
        yield Hit(
            at,
            lock(at, parent.oid, "to create a partition"),
            "create the table by itself, and attach it",
            "\n".join(lines),
            title(parent),
            parent.oid,
            (("lock", parent.oid),),
        )


RULE = PartitionCreated()
