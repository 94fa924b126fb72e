"""A table is no longer vacuumed.

With autovacuum_enabled = off nobody takes away old versions of rows and nobody looks at what is in the table: it grows
without an end, and plans go wrong. In the end it is vacuumed all the same, to save the transaction ids, at a time that
nobody has chosen.

Instead leave it on, and set the thresholds of the table: autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_limit.
Around a large load switch it off and on again in the same revision.

It does not matter for a table that the same revision creates.

https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.code import execute, spelled
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Relation
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title

TABLE = "CREATE TABLE t (a int)"
OFF = 'op.execute("ALTER TABLE t SET (autovacuum_enabled = false)")'


class AutovacuumOff(Rule):
    """SET (autovacuum_enabled = off) of an old table."""

    id, slug, group = "LB214", "autovacuum-off", "blocking"
    examples = (
        Example(f"{OFF}  # <-", TABLE),
        Example(f"{OFF}\nop.execute('ALTER TABLE t RESET (autovacuum_enabled)')", TABLE),
        Example('op.execute("ALTER TABLE t SET (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 90)")', TABLE),
        Example('op.execute("ALTER TABLE t SET (autovacuum_enabled = on)")', TABLE),
    )

    def judge(self, at: Moment) -> Iterable[Hit]:
        for oid, now in at.changed:
            then, last = at.before.get(oid), at.course.after.get(oid)
            if oid in at.old and then and last and _is_off(now) and _is_off(last) and not _is_off(then):
                yield Hit(
                    at,
                    f"{title(now)} is no longer vacuumed: it grows without an end, and plans go wrong",
                    "leave it on, and set the table's thresholds",
                    execute(f"ALTER TABLE {spelled(now)} SET (autovacuum_vacuum_scale_factor = 0.05)"),
                    title(now),
                    oid,
                )


def _is_off(table: Relation) -> bool:
    values = [one.partition("=")[2].lower() for one in table.options if one.startswith("autovacuum_enabled=")]
    return any("false".startswith(value) or value in ("off", "of", "0") or "no".startswith(value) for value in values)


RULE = AutovacuumOff()
