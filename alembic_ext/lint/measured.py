"""The sizes of production's tables and what is set there for roles: read gently, and written for the linter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from alembic_ext.drift.connection import SETTINGS, STATEMENT_TIMEOUT, connected

SIZES = """
    WITH parts AS (
        SELECT c.oid AS whole, coalesce(t.relid, c.oid) AS part FROM pg_catalog.pg_class c
        LEFT JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) t ON c.relkind = 'p' AND t.isleaf
        WHERE c.relkind IN ('r', 'p', 'm')),
    files AS (
        SELECT p.oid, p.relpages + coalesce(toast.relpages, 0) + coalesce(sum(i.relpages), 0) AS pages
        FROM pg_catalog.pg_class p
        LEFT JOIN pg_catalog.pg_class toast ON toast.oid = p.reltoastrelid
        LEFT JOIN pg_catalog.pg_index x ON x.indrelid = p.oid
        LEFT JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
        GROUP BY p.oid, p.relpages, toast.relpages)
    SELECT n.nspname || '.' || c.relname,
           sum(greatest(part.reltuples, s.n_live_tup, 0))::bigint, sum(coalesce(files.pages, 0))::bigint * 8192,
           sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::float8
    FROM parts
    JOIN pg_catalog.pg_class c ON c.oid = parts.whole
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class part ON part.oid = parts.part
    LEFT JOIN files ON files.oid = part.oid
    LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = part.oid
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    GROUP BY 1 ORDER BY 1"""
"""From what ANALYZE and the statistics know: no table is locked, none is read."""

SINCE = """
    SELECT current_database(), current_setting('server_version'),
           extract(epoch FROM now() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()))::float8,
           current_setting('block_size')::int
    FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database()"""

NAMES = "('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')"
SET = f"""
    SELECT role, name, value FROM (
        SELECT 0 AS strength, '' AS role, name::text, setting || coalesce(unit, '') AS value
        FROM pg_catalog.pg_settings WHERE source IN ('configuration file', 'command line') AND name IN {NAMES}
        UNION ALL
        SELECT CASE WHEN s.setrole = 0 THEN 1 ELSE 2 END + CASE WHEN s.setdatabase = 0 THEN 0 ELSE 1 END
               + CASE WHEN s.setrole <> 0 AND s.setdatabase <> 0 THEN 1 ELSE 0 END,
               coalesce(r.rolname::text, ''), split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)
        FROM pg_catalog.pg_db_role_setting s
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
        CROSS JOIN LATERAL unnest(s.setconfig) AS one
        WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
    ) AS found
    WHERE name IN {NAMES} ORDER BY strength, role, name"""
"""What ALTER ROLE and ALTER DATABASE … SET say, the weakest first: for all, a database, a role, a role in one."""


def measure(parameters: Mapping[str, Any], timeout: str = STATEMENT_TIMEOUT) -> str:
    """The file for a database with libpq's parameters: JSON.

    Raises:
        AlembicExtError: it does not answer, or refuses.
    """
    with connected(parameters, timeout, SETTINGS, "stats") as production:
        ((database, version, seconds, block),) = production.rows(SINCE)
        relations = {
            name: {
                "rows": rows,
                "bytes": bytes // 8192 * block,
                "writes_per_second": round((writes or 0) / max(seconds, 1), 3),
            }
            for name, rows, bytes, writes in production.rows(SIZES)
        }
        settings = [{"role": role, "name": name, "value": value} for role, name, value in production.rows(SET)]
    made = {
        "version": 1, "database": database, "server": version, "seconds": round(seconds), "relations": relations,
        "settings": settings,
    }  # fmt: skip
    return json.dumps(made, indent=2) + "\n"
