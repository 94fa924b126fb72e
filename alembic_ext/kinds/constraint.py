"""Constraints of tables. NOT NULL belongs to the columns, constraints of a domain to the domain.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import INDEX_STATE, OnRelation, alter, of_user, option_list, option_names, state
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, relation

# The constraint of the ancestor that an inherited check comes from: the one of that name which is defined there.
_INHERITED = """
        WITH RECURSIVE up AS (
          SELECT k.oid, k.conname, i.inhparent FROM pg_constraint k JOIN pg_inherits i ON i.inhrelid = k.conrelid
          WHERE k.contype = 'c' AND NOT k.conislocal AND k.coninhcount > 0
          UNION
          SELECT up.oid, up.conname, i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.inhparent)
        SELECT up.oid, min(k.oid) AS origin
        FROM up JOIN pg_constraint k ON k.conrelid = up.inhparent AND k.conname = up.conname
        WHERE k.contype = 'c' AND k.conislocal GROUP BY up.oid"""


class ConstraintKind(OnRelation):
    """Primary key, unique, check, exclusion and foreign key.

    What a table inherits, and what a foreign key makes on partitions, stands for the constraint it comes from. Keys of
    partitions are constraints of their own, attached to that of the partitioned table.
    """

    name, catalog, rank = "constraint", "pg_constraint", 50
    sign = "conrelid <> 0"
    object_type = "OBJECT_TABCONSTRAINT"
    nodes = MappingProxyType({"AlterTableStmt": ""})
    advice = "constraints of tables belong to the models"
    of_table = True
    select = f"""
        SELECT j.oid, n.nspname, k.conname, b.relname,
               CASE WHEN h.oid IS NULL THEN
                 format('ALTER TABLE %s%I.%I ADD CONSTRAINT %I %s',
                        CASE WHEN k.contype IN ('p', 'u', 'x') THEN 'ONLY ' END,
                        n.nspname, b.relname, k.conname, pg_get_constraintdef(k.oid)) END,
               CASE WHEN k.contype NOT IN ('p', 'u', 'x') THEN '{{}}' ELSE
                 {
        state(
            "c.reloptions IS NOT NULL",
            "'options'",
            alter("INDEX", "SET (%s)", option_list("c.reloptions")),
            alter("INDEX", "RESET (%s)", option_names("c.reloptions")),
        )
    }
                 || {INDEX_STATE} END, '', k.contype = 'c' AND k.coninhcount = 0 AND b.relispartition
        FROM pg_constraint j LEFT JOIN ({_INHERITED}) h ON h.oid = j.oid
             JOIN pg_constraint k ON k.oid = coalesce(h.origin, j.oid)
             JOIN pg_class b ON b.oid = k.conrelid JOIN pg_namespace n ON n.oid = b.relnamespace
             LEFT JOIN pg_index i ON i.indexrelid = k.conindid LEFT JOIN pg_class c ON c.oid = k.conindid
             LEFT JOIN pg_class o ON o.oid = i.indrelid
        WHERE k.contype IN ('p', 'u', 'x', 'c', 'f') AND (k.contype <> 'f' OR k.conparentid = 0)
          AND (j.contype <> 'c' OR j.conislocal OR h.oid IS NOT NULL)
          AND b.relkind <> 'f' AND {of_user("b")}"""

    def makes(self, node: str, tree: Node) -> bool:
        return node == "AlterTableStmt" and [command["AlterTableCmd"]["subtype"] for command in tree["cmds"]] == [
            "AT_AddConstraint"
        ]

    def is_own(self, stored: Stored) -> bool:
        return bool(stored.facts[0])

    def stand_in(self, stored: Stored) -> str:
        table = ident(stored.key.schema, stored.key.detail)
        return f"ALTER TABLE {table} ADD CONSTRAINT {ident(stored.key.name)} CHECK (true)"

    def spelled(self, tree: Node) -> Address:
        name = tree["cmds"][0]["AlterTableCmd"]["def"]["Constraint"].get("conname", "")
        return Address(self.name, (*relation(tree["relation"]), name))

    def drop(self, key: Key) -> str:
        return f"ALTER TABLE {ident(key.schema, key.detail)} DROP CONSTRAINT {ident(key.name)}"

    def address(self, key: Key) -> Address:
        return Address("table constraint", (key.schema, key.detail, key.name))


KIND = ConstraintKind()
