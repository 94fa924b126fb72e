"""Row security of tables: whether policies apply, and whether to the owner too.

In a revision a table is never open or closed to all by accident: its policies are made, changed and replaced before the
switch goes on, and the switch goes off before a policy is dropped. All of it is one transaction, in which the table
stays locked for others from the first of these statements on.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from alembic_ext.kinds import AspectKind
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement
from alembic_ext.sqltext.parsetree import relation

ROW_SECURITY, FORCED = "row security", "force row security"
_SAID = MappingProxyType(
    {
        "AT_EnableRowSecurity": ROW_SECURITY,
        "AT_DisableRowSecurity": ROW_SECURITY,
        "AT_ForceRowSecurity": FORCED,
        "AT_NoForceRowSecurity": FORCED,
    }
)
_VERBS = MappingProxyType({ROW_SECURITY: ("ENABLE", "DISABLE"), FORCED: ("FORCE", "NO FORCE")})


class RowSecurityKind(AspectKind):
    """Two switches of a table, each an aspect: on where it is there."""

    name, rank = "row security", 25
    select = f"""
        SELECT 'pg_class'::regclass::oid, c.oid, '', '', '', '{ROW_SECURITY}'
        FROM pg_class c WHERE c.relrowsecurity AND c.oid >= {FIRST_OID}
        UNION ALL
        SELECT 'pg_class'::regclass::oid, c.oid, '', '', '', '{FORCED}'
        FROM pg_class c WHERE c.relforcerowsecurity AND c.oid >= {FIRST_OID}"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node != "AlterTableStmt" or tree["objtype"] != "OBJECT_TABLE":
            return ()
        said = _SAID.get(tree["cmds"][0]["AlterTableCmd"]["subtype"])
        return ((Address("table", relation(tree["relation"])), said, statement.text),) if said else ()

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        (name,) = values
        do, undo = (f"ALTER {word} {identity} {verb} ROW LEVEL SECURITY" for verb in _VERBS[name])
        return Aspect(name, (do,), (undo,), guards=True)


KIND = RowSecurityKind()
