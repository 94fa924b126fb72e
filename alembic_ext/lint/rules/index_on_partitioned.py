"""An index is built on all partitions of a table at once.

CREATE INDEX on a partitioned table takes a SHARE lock on it and on every partition, and builds the index of one after
the other: writes to all of them wait until the last is done. CONCURRENTLY is refused there.

Instead create the index ON ONLY the partitioned table, where it is invalid at first, build one with CONCURRENTLY on
each partition, and attach them: with the last of them the index becomes valid. That takes a revision for each step.

It does not matter where there are no partitions yet, nor where they have few rows.

https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule, effects
from alembic_ext.lint.said import lock, title
from alembic_ext.lint.steps import concurrently, revisions
from alembic_ext.sqltext import ident

TABLE = """CREATE TABLE event (id int, day date) PARTITION BY RANGE (day);
    CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"""


class IndexOnPartitioned(Rule):
    """CREATE INDEX on a partitioned table that has partitions."""

    id, slug, group = "LB105", "index-on-partitioned", "blocking"
    severity = "error"
    sized = True
    examples = (
        Example('op.create_index("event_day", "event", ["day"])  # <-', TABLE),
        Example('op.execute("CREATE INDEX event_day ON ONLY event (day)")', TABLE),
        Example(
            'op.create_index("event_day", "event", ["day"])',
            "CREATE TABLE event (id int, day date) PARTITION BY RANGE (day)",
        ),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        built = [at.after[oid] for oid in sorted(at.built)]
        if at.node != "IndexStmt" or at.table is None or at.table.kind != "p" or not built:
            return
        parts = sorted({one.as_index.table for one in built if one.as_index})
        parent = [one for one in at.indexes_of(at.table.oid, before=False) if one.oid in at.did.definitions]
        only = [execute(at.did.definitions[one.oid]) for one in parent]
        attach = [
            execute(f"ALTER INDEX {spelled(parent[0])} ATTACH PARTITION {ident(one.schema, one.name)}")
            for one in built if parent
        ]  # fmt: skip
        count = f"the {len(parts)} partitions" if len(parts) > 1 else "its one partition"
        yield Hit(
            at,
            f"{lock(at, at.table.oid, expected='Share')}, and on its partitions, while the index is built on {count}",
            "create it ON ONLY the table, build one with CONCURRENTLY on each partition, and attach them",
            revisions(
                ("not valid yet", only),
                ("built while others write", concurrently(at, built)),
                ("without a scan", attach),
            ),
            title(at.table),
            at.table.oid,
            effects(at, "scan", "build", "lock"),
        )


RULE = IndexOnPartitioned()
