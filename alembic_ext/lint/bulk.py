"""Statements that change many rows of a table that is in use. Pure.

The tables of the sandbox are empty: which rows are changed says the text, and whether they are sought in the whole
table, the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.trace import Oid

_DOING = {"UpdateStmt": "updated", "DeleteStmt": "deleted", "MergeStmt": "merged", "InsertStmt": "filled"}


class Bulk(NamedTuple):
    """Many rows: of which table, and ``all`` of them for certain; ``verb`` is what is done to them."""

    table: Oid
    all: bool
    verb: str


def bulk(at: Moment) -> Bulk | None:
    """What a statement does to many rows of an old table; None where it changes few, or goes in batches."""
    verb = _DOING.get(at.node)
    if at.table is None or verb is None:
        return _unseen(at)
    if not at.is_old(at.table) or at.table.kind not in "rpf" or has(at.tree, "limitCount"):
        return None
    if at.node == "InsertStmt":
        return Bulk(at.table.oid, False, verb) if at.scanned else None
    if at.node in ("UpdateStmt", "DeleteStmt"):
        where = at.tree.get("whereClause")
        if where is None or not (has(where, "ColumnRef") or has(where, "SubLink") or has(where, "CurrentOfExpr")):
            joined = "fromClause" in at.tree or "usingClause" in at.tree
            return Bulk(at.table.oid, not joined, verb)
    read = {at.table.oid, *at.parts(at.table.oid)} & at.scanned
    return Bulk(at.table.oid, False, verb) if read else None


def _unseen(at: Moment) -> Bulk | None:
    """The same of a statement that does not say it: a block of code, a call of a function, WITH."""
    if at.node not in ("DoStmt", "CallStmt", "SelectStmt", ""):
        return None
    for oid, modes in sorted(at.did.locks.items()):
        new = modes - at.held.get(oid, frozenset())
        if "RowExclusive" in new and oid in at.scanned and at.old[oid].kind == "r":
            return Bulk(at.whole(oid), False, "changed")
    return None


def has(tree: Any, name: str) -> bool:
    """Whether there is a node or field of a name anywhere in a tree."""
    if isinstance(tree, Mapping):
        return name in tree or any(has(one, name) for one in tree.values())
    return isinstance(tree, list) and any(has(one, name) for one in tree)
