"""Materialized views. They are made without data; a revision makes one with data where it has some.

https://www.postgresql.org/docs/current/sql-creatematerializedview.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import ACCESS_METHOD, RELATION, TABLESPACE, altered_relation, column_state, with_options
from alembic_ext.model import Address
from alembic_ext.parsetree import Node, relation

_MADE = f"""format(E'CREATE MATERIALIZED VIEW %I.%I%s%s%s AS\\n%s', n.nspname, c.relname,
                      {ACCESS_METHOD}, {with_options()}, {TABLESPACE}, rtrim(pg_get_viewdef(c.oid), ';'))"""

_ALTERS = frozenset({
    "AT_SetRelOptions", "AT_ResetRelOptions", "AT_SetStatistics", "AT_SetStorage", "AT_SetCompression", "AT_SetOptions",
    "AT_ResetOptions", "AT_ClusterOn", "AT_DropCluster", "AT_SetTableSpace", "AT_SetAccessMethod",
})  # fmt: skip


class MaterializedViewKind(Kind):
    """Its indexes are part of it; it is never replaced in place."""

    name, catalog, rank, managed = "materialized view", "pg_class", 61, True
    object_type = "OBJECT_MATVIEW"
    nodes = MappingProxyType({"CreateTableAsStmt": "objtype=OBJECT_MATVIEW"})
    parts = frozenset({"index"})
    select = f"""
        SELECT m.oid, m.nspname, m.relname, '', m.made || E'\\nWITH NO DATA', m.state,
               CASE WHEN m.relispopulated THEN m.made ELSE '' END
        FROM (SELECT c.oid, n.nspname, c.relname, c.relispopulated, {_MADE} AS made,
                     {column_state('ALTER MATERIALIZED VIEW')} AS state
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind = 'm' AND {RELATION} OFFSET 0) m"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["into"]["rel"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return altered_relation(self, node, tree, _ALTERS)


KIND = MaterializedViewKind()
