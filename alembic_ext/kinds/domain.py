"""Domains with their constraints.

https://www.postgresql.org/docs/current/sql-createdomain.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.kinds._type import TypeKind, type_select


class DomainKind(TypeKind):
    """Its checks are in its definition; one that is NOT VALID is state."""

    name, rank, word = "domain", 13, "DOMAIN"
    sign = "typtype = 'd'"
    object_type = "OBJECT_DOMAIN"
    nodes = MappingProxyType({"CreateDomainStmt": ""})
    managed, moves = True, True
    select = type_select(
        """format('CREATE DOMAIN %I.%I AS %s%s%s%s%s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
                  CASE WHEN t.typcollation <> 0 AND t.typcollation <> b.typcollation
                       THEN ' COLLATE ' || t.typcollation::regcollation END,
                  CASE WHEN t.typdefaultbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0)
                       WHEN t.typdefault IS NOT NULL THEN ' DEFAULT ' || quote_literal(t.typdefault) END,
                  CASE WHEN t.typnotnull THEN coalesce(k.not_null, ' NOT NULL') END, k.valid)""",
        "t.typtype = 'd'",
        f"""JOIN pg_type b ON b.oid = t.typbasetype LEFT JOIN (
              SELECT k.contypid,
                     max(format(' CONSTRAINT %I NOT NULL', k.conname)) FILTER (WHERE k.contype = 'n') AS not_null,
                     string_agg(format(E'\\n    CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ''
                                ORDER BY k.conname) FILTER (WHERE k.contype = 'c' AND k.convalidated) AS valid,
                     array_agg(k.oid ORDER BY k.conname) FILTER (WHERE k.contype = 'c' AND NOT k.convalidated) AS loose
              FROM pg_constraint k WHERE k.contypid >= {FIRST_OID} GROUP BY k.contypid) k ON k.contypid = t.oid""",
        """ARRAY(SELECT unnest(ARRAY[format('constraint %I', l.conname),
                    format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, l.conname,
                           pg_get_constraintdef(l.oid)),
                    format('ALTER DOMAIN %I.%I DROP CONSTRAINT %I', n.nspname, t.typname, l.conname)])
                 FROM unnest(k.loose) o JOIN pg_constraint l ON l.oid = o)""",
    )


KIND = DomainKind()
