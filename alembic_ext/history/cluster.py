"""Statements that act on the whole server, not on one database. Pure.

In a sandbox on the server that is in use they would act on that server: a ``DROP ROLE`` in it removes the role.
"""

from __future__ import annotations

import re

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext import Statement, split

_NODES = frozenset({
    "CreateRoleStmt", "AlterRoleStmt", "AlterRoleSetStmt", "DropRoleStmt", "GrantRoleStmt", "ReassignOwnedStmt",
    "DropOwnedStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterTableSpaceOptionsStmt", "AlterSystemStmt",
    "CreateSubscriptionStmt", "AlterSubscriptionStmt", "DropSubscriptionStmt", "CreatedbStmt", "DropdbStmt",
    "AlterDatabaseStmt", "AlterDatabaseSetStmt", "AlterDatabaseRefreshCollStmt", "CheckPointStmt",
})  # fmt: skip
_SHARED = frozenset({
    "OBJECT_ROLE", "OBJECT_TABLESPACE", "OBJECT_SUBSCRIPTION", "OBJECT_DATABASE", "OBJECT_PARAMETER_ACL",
})  # fmt: skip
_FIELDS = ("renameType", "objectType", "objtype", "removeType")
_CODE = ("DoStmt", "CreateFunctionStmt")
_WORDS = re.compile(
    r"\b(?:(?:create|alter|drop)\s+(?:role|user(?!\s+mapping)|group|tablespace|subscription|database)"
    r"|alter\s+system|(?:reassign|drop)\s+owned|pg_(?:create|drop)_\w*replication_slot|pg_reload_conf)\b",
    re.IGNORECASE,
)
"""In code, whose statements are put together when it runs, the words alone are enough."""


def acts_on_cluster(text: str) -> str | None:
    """The first words of the first statement that acts on the whole server; None where there is none."""
    try:
        statements = split(text)
    except DeclarationError:  # newer than the parser, or no SQL at all: the server will say
        found = _WORDS.search(text)
        return found[0] if found else None
    for statement in statements:
        if found_words := _said(statement):
            return found_words
    return None


def _said(statement: Statement) -> str | None:
    shared = any(statement.tree.get(name) in _SHARED for name in _FIELDS)
    if statement.node in _NODES or shared:
        return " ".join(statement.text.split()[:3])
    if statement.node in _CODE and (found := _WORDS.search(statement.text)):
        return found[0]
    return None
