"""Indexes, except those that a constraint made.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import INDEX_STATE, NAMED_BY_USER, altered_relation, own
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, relation

_ALTERS = frozenset({"AT_SetRelOptions", "AT_ResetRelOptions", "AT_SetStatistics", "AT_SetTableSpace"})


class IndexKind(Kind):
    """An index on a table belongs to Alembic; one on a materialized view is part of that."""

    name, catalog, rank = "index", "pg_class", 65
    sign = "relkind IN ('i', 'I')"
    object_type = "OBJECT_INDEX"
    nodes = MappingProxyType({"IndexStmt": ""})
    advice = "indexes of tables belong to the models"
    of_table = True
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '', pg_get_indexdef(c.oid),
               {INDEX_STATE}, '', o.oid::regclass::text
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_class o ON o.oid = i.indrelid
        WHERE c.relpersistence <> 't' AND {NAMED_BY_USER} AND {own("pg_class", "o.oid")}
          AND (i.indisvalid OR c.relkind = 'I')
          AND c.oid NOT IN (SELECT d.objid FROM pg_depend d WHERE d.refclassid = 'pg_constraint'::regclass
                            AND d.classid = 'pg_class'::regclass AND d.deptype = 'i')"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (*relation(tree["relation"])[:-1], tree.get("idxname", "")))

    def stand_in(self, stored: Stored) -> str:
        return f"CREATE INDEX {ident(stored.key.name)} ON {stored.facts[0]} ((1))"

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterTableStmt" and tree["objtype"] == "OBJECT_MATVIEW":
            command = tree["cmds"][0]["AlterTableCmd"]
            if command["subtype"] == "AT_ClusterOn":  # it waits for the index, and goes with it
                return Address(self.name, (*relation(tree["relation"])[:-1], command["name"]))
        return altered_relation(self, node, tree, _ALTERS) or super().altered_by(node, tree)


KIND = IndexKind()
