"""A table is emptied.

All its rows are gone, at once, and with CASCADE those of every table that refers to it. TRUNCATE takes an ACCESS
EXCLUSIVE lock: reads and writes wait until the transaction is over, and an open one that has begun earlier finds the
table empty.

Instead delete what has to go in batches, outside of the migration, or drop the table when no code uses it.

It does not matter for a table that the same revision creates.

https://www.postgresql.org/docs/current/sql-truncate.html
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import autocommit, spelled, text
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Effect, Example, Hit, Rule, effects_on
from alembic_ext.lint.said import listed, lock, title

TABLES = "CREATE TABLE account (id int PRIMARY KEY); CREATE TABLE visit (account_id int REFERENCES account)"


class TableTruncated(Rule):
    """TRUNCATE."""

    id, slug, group = "LD106", "table-truncated", "data loss"
    severity = "error"
    aliases = ("ban-truncate", "ban-truncate-cascade")
    examples = (
        Example('op.execute("TRUNCATE visit")  # <-', TABLES),
        Example('op.execute("TRUNCATE account CASCADE")  # <-', TABLES),
        Example('op.execute("TRUNCATE account, visit RESTART IDENTITY")  # <-', TABLES),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.execute("TRUNCATE fresh")', TABLES),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        if at.node != "TruncateStmt":
            return
        found = [at.named(one["RangeVar"]) for one in at.tree["relations"]]
        named = [one for one in found if one is not None and one.oid in at.old]
        family = {part for one in named for part in at.family(one.oid)}
        along = [at.before[oid] for oid in sorted(at.rewritten - family)]
        if not named and not along:
            return
        tables = [*named, *along]
        also = f"; CASCADE also empties {listed([title(one) for one in along])}" if along else ""
        explained: list[Effect] = [("lock", one) for one in at.blocking]
        yield Hit(
            at,
            f"{listed([title(one) for one in named])} {'are' if len(named) > 1 else 'is'} emptied{also}; "
            f"{lock(at, tables[0].oid)}",
            "delete what has to go in batches, outside of the migration",
            _batches(tables[::-1]),
            title(tables[0]),
            tables[0].oid,
            (*effects_on(at, *(one.oid for one in tables)), *explained),
        )


def _batches(tables: list[Relation]) -> str:
    lines = []
    for one in tables:
        name = spelled(one)
        sql = f"DELETE FROM {name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} LIMIT 5000))"
        lines += [f"while op.get_bind().execute({text(sql)}).rowcount:", "    pass"]
    return autocommit(lines)


RULE = TableTruncated()
