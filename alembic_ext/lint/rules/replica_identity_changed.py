"""What replication tells of a changed row becomes something else.

REPLICA IDENTITY says by which columns a logical replica, or a tool that captures changes, finds the row that was
changed. With NOTHING, PostgreSQL refuses UPDATE and DELETE on the table as soon as it is published; with FULL every old
row is written to the log as a whole.

Instead name a unique index on columns that are NOT NULL, and change it together with those who read the changes.

It does not matter where nothing is replicated logically.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a)"
MEANS = {
    "n": "NOTHING: UPDATE and DELETE fail as soon as it is published",
    "f": "FULL: every old row is written to the log as a whole",
}


class ReplicaIdentityChanged(Rule):
    """REPLICA IDENTITY NOTHING or FULL for an old table."""

    id, slug, group = "LC203", "replica-identity-changed", "compatibility"
    severity = "note"
    examples = (
        Example('op.execute("ALTER TABLE t REPLICA IDENTITY NOTHING")  # <-', TABLE),
        Example('op.execute("ALTER TABLE t REPLICA IDENTITY FULL")  # <-', TABLE),
        Example('op.execute("ALTER TABLE t REPLICA IDENTITY USING INDEX i")', TABLE),
        Example('op.execute("CREATE TABLE u (a int)")\nop.execute("ALTER TABLE u REPLICA IDENTITY FULL")'),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for kind, command in at.commands:
            if kind == "AT_ReplicaIdentity" and at.table is not None and at.is_old(at.table):
                sort = command["def"]["ReplicaIdentityStmt"]["identity_type"]
                if sort in MEANS:
                    yield Hit(
                        at,
                        f"the replica identity of {title(at.table)} becomes {MEANS[sort]}",
                        "name a unique index on columns that are NOT NULL",
                        object=title(at.table),
                        table=at.table.oid,
                        severity="warning" if sort == "n" else None,
                    )


RULE = ReplicaIdentityChanged()
