"""Triggers, those that a user made: not the ones behind foreign keys, nor the clones on partitions.

https://www.postgresql.org/docs/current/sql-createtrigger.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import RELATION, OnRelation, fired
from alembic_ext.model import Address
from alembic_ext.parsetree import Node, relation
from alembic_ext.sqltext import or_replace

_SWITCHES = frozenset({"AT_EnableTrig", "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig", "AT_DisableTrig"})


class TriggerKind(OnRelation):
    """A trigger lives in the schema of its relation and is named by it; a constraint trigger cannot be replaced."""

    name, catalog, rank, managed = "trigger", "pg_trigger", 80, True
    object_type = "OBJECT_TRIGGER"
    nodes = MappingProxyType({"CreateTrigStmt": ""})
    select = f"""
        SELECT t.oid, n.nspname, t.tgname, c.relname, pg_get_triggerdef(t.oid),
               {fired('t.tgenabled', "format('ALTER TABLE %I.%I VERB TRIGGER %I', n.nspname, c.relname, t.tgname)")}, ''
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {RELATION}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (*relation(tree["relation"]), tree["trigname"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterTableStmt" and tree["cmds"][0]["AlterTableCmd"]["subtype"] in _SWITCHES:
            return Address(self.name, (*relation(tree["relation"]), tree["cmds"][0]["AlterTableCmd"]["name"]))
        return None

    def replace(self, create: str) -> str | None:
        return None if create.startswith("CREATE CONSTRAINT") else or_replace(create)


KIND = TriggerKind()
