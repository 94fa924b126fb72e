"""Indexes, except those that a constraint made.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import INDEX_STATE, NAMED_BY_USER, own


class IndexKind(Kind):
    """An index on a table belongs to Alembic; one on a materialized view is part of that."""

    name, catalog, rank = "index", "pg_class", 65
    object_type = "OBJECT_INDEX"
    of_table = True
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '', pg_get_indexdef(c.oid),
               {INDEX_STATE}, ''
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_class o ON o.oid = i.indrelid
        WHERE c.relpersistence <> 't' AND {NAMED_BY_USER} AND {own('pg_class', 'o.oid')}
          AND (i.indisvalid OR c.relkind = 'I')
          AND c.oid NOT IN (SELECT d.objid FROM pg_depend d WHERE d.refclassid = 'pg_constraint'::regclass
                            AND d.classid = 'pg_class'::regclass AND d.deptype = 'i')"""


KIND = IndexKind()
