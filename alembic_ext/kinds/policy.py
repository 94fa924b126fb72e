"""Row security policies; whether a table applies them is state of the table.

https://www.postgresql.org/docs/current/sql-createpolicy.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import RELATION, OnRelation


class PolicyKind(OnRelation):
    """It names roles, which are the cluster's."""

    name, catalog, rank = "policy", "pg_policy", 75
    sign = "true"
    object_type = "OBJECT_POLICY"
    nodes = MappingProxyType({"CreatePolicyStmt": ""})
    select = f"""
        SELECT p.oid, n.nspname, p.polname, c.relname,
               format('CREATE POLICY %I ON %I.%I%s%s TO %s%s%s', p.polname, n.nspname, c.relname,
                      CASE WHEN NOT p.polpermissive THEN ' AS RESTRICTIVE' END,
                      CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
                                    WHEN 'd' THEN ' FOR DELETE' END,
                      (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', '
                                         ORDER BY r.rolname COLLATE "C")
                       FROM unnest(p.polroles) u (oid) LEFT JOIN pg_roles r ON r.oid = u.oid),
                      E'\\n  USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                      E'\\n  WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'), '{{}}'::text[], ''
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {RELATION}"""


KIND = PolicyKind()
