"""Which statements cannot run in a transaction. Pure.

https://www.postgresql.org/docs/current/sql-createindex.html and the pages of the other commands
"""

from __future__ import annotations

from alembic_ext.sqltext.parsetree import Node

_ALWAYS = frozenset({
    "CreatedbStmt", "DropdbStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterSystemStmt",
})  # fmt: skip


def outside(node: str, tree: Node) -> bool:
    """Whether the server refuses a statement in a transaction block."""
    if node == "VacuumStmt":
        return bool(tree.get("is_vacuumcmd"))
    if node == "ClusterStmt":
        return "relation" not in tree
    if node in _ALWAYS:
        return True
    if node in ("IndexStmt", "DropStmt"):
        return bool(tree.get("concurrent"))
    if node == "ReindexStmt":
        return tree.get("kind") in ("REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE") or (
            "concurrently" in _options(tree)
        )
    if node == "AlterTableStmt":
        return any(
            command["AlterTableCmd"].get("subtype") == "AT_DetachPartition"
            and command["AlterTableCmd"].get("def", {}).get("PartitionCmd", {}).get("concurrent")
            for command in tree.get("cmds", ())
        )
    if node == "CreateSubscriptionStmt":
        return "connect" not in _options(tree, "options") and "create_slot" not in _options(tree, "options")
    return False


def _options(tree: Node, name: str = "params") -> frozenset[str]:
    return frozenset(one["DefElem"]["defname"] for one in tree.get(name, ()))
