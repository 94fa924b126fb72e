"""Extended statistics.

https://www.postgresql.org/docs/current/sql-createstatistics.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own, state
from alembic_ext.model import Address, Key


class StatisticsKind(Kind):
    """What is gathered is data; the target is state."""

    name, catalog, rank = "statistics", "pg_statistic_ext", 66
    sign = "true"
    object_type = "OBJECT_STATISTIC_EXT"
    owner = "stxowner"
    nodes = MappingProxyType({"CreateStatsStmt": ""})
    of_table = True
    select = f"""
        SELECT s.oid, n.nspname, s.stxname, '', pg_get_statisticsobjdef(s.oid),
               {
        state(
            "s.stxstattarget >= 0",
            "'statistics target'",
            "format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget)",
            "format('ALTER STATISTICS %I.%I SET STATISTICS -1', n.nspname, s.stxname)",
        )
    }, ''
        FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_statistic_ext", "s.oid")}"""

    def address(self, key: Key) -> Address:
        return Address("statistics object", (key.schema, key.name))


KIND = StatisticsKind()
