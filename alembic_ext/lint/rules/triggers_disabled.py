"""Foreign keys are not checked, since their triggers are switched off.

DISABLE TRIGGER ALL switches off the triggers that check foreign keys as well, on the table and for those that reference
it; so does session_replication_role, for all tables. What is written meanwhile is not checked, not even once they are
on again: rows may be left that reference nothing. It takes a SHARE ROW EXCLUSIVE lock, which stops writes.

Instead let the checks work; make them deferred where the order of the writes is the trouble, or switch off one trigger
by its name.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DISABLE-ENABLE-TRIGGER
"""

from __future__ import annotations

from collections.abc import Iterable

from alembic_ext.lint.moment import Moment
from alembic_ext.lint.rule import Example, Hit, Rule
from alembic_ext.lint.said import title
from alembic_ext.sqltext.parsetree import Node

TABLES = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (parent_id int REFERENCES parent)"


class TriggersDisabled(Rule):
    """DISABLE TRIGGER ALL, or session_replication_role."""

    id, slug, group = "LB137", "triggers-disabled", "data loss"
    severity = "error"
    aliases = ("ban-disable-trigger",)
    examples = (
        Example('op.execute("ALTER TABLE child DISABLE TRIGGER ALL")  # <-', TABLES),
        Example('op.execute("SET session_replication_role = replica")  # <-\n'
                'op.execute("RESET session_replication_role")', TABLES),
        Example('op.execute("ALTER TABLE child DISABLE TRIGGER USER")\n'
                'op.execute("ALTER TABLE child ENABLE TRIGGER ALL")', TABLES),
        Example('op.execute("CREATE TABLE fresh (a int)")\nop.execute("ALTER TABLE fresh DISABLE TRIGGER ALL")'),
    )  # fmt: skip

    def judge(self, at: Moment) -> Iterable[Hit]:
        table = at.table
        if at.node == "VariableSetStmt" and _switches_off(at.tree):
            where, oid = "any table", 0
        elif table and at.is_old(table) and any(kind == "AT_DisableTrigAll" for kind, _ in at.commands):
            where, oid = title(table), table.oid
        else:
            return
        yield Hit(
            at,
            f"foreign keys of {where} are not checked until the triggers are on again, nor afterwards",
            "let the checks work, or switch off one trigger by its name",
            object=where if oid else "",
            table=oid,
            effects=(("lock", oid),) if oid else (),
        )


def _switches_off(tree: Node) -> bool:
    values = [one.get("A_Const", {}).get("sval", {}).get("sval") for one in tree.get("args", ())]
    return tree.get("name") == "session_replication_role" and values == ["replica"]


RULE = TriggersDisabled()
