"""Rewrite rules, except the ones that make a view.

https://www.postgresql.org/docs/current/sql-createrule.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import RELATION, OnRelation, fired
from alembic_ext.sqltext import or_replace


class RuleKind(OnRelation):
    """A rule is replaced in place."""

    name, catalog, rank = "rule", "pg_rewrite", 85
    sign = "rulename <> '_RETURN'"
    object_type = "OBJECT_RULE"
    nodes = MappingProxyType({"RuleStmt": ""})
    select = f"""
        SELECT r.oid, n.nspname, r.rulename, c.relname, rtrim(pg_get_ruledef(r.oid), ';'),
               {fired("r.ev_enabled", "format('ALTER TABLE %I.%I VERB RULE %I', n.nspname, c.relname, r.rulename)")}, ''
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND {RELATION}"""

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = RuleKind()
