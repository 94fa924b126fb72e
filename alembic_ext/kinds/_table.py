"""The columns of tables and foreign tables as CREATE TABLE has them."""

from __future__ import annotations

from alembic_ext.kinds._common import foreign_options, state
from alembic_ext.kinds.sequence import SEQUENCE_OPTIONS

_COLLATION = """CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
                              THEN ' COLLATE ' || a.attcollation::regcollation END"""

_OPTIONS = f"""CASE WHEN a.attfdwoptions IS NOT NULL THEN {foreign_options('a.attfdwoptions')} END"""

_GENERATED = """CASE WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s',
                                (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                                 WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
                                CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END"""


def _identity(version: int) -> str:
    """GENERATED … AS IDENTITY; from 17 on a partition has that of its partitioned table, without saying so."""
    condition = "a.attidentity <> ''" + (" AND NOT c.relispartition" if version >= 170000 else "")
    return f"""CASE WHEN {condition} THEN
                                (SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s%s)',
                                        CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
                                        s.seqrelid::regclass, {SEQUENCE_OPTIONS})
                                 FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
                                 WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
                                   AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'i') END"""


def _not_null(version: int) -> str:
    """NOT NULL of a column; from 18 on it is a constraint with a name."""
    if version < 180000:
        return "CASE WHEN a.attnotnull THEN ' NOT NULL' END"
    return """(SELECT format(' CONSTRAINT %I NOT NULL%s', k.conname, CASE WHEN k.connoinherit THEN ' NO INHERIT' END)
                               FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum
                                 AND k.convalidated AND (k.conislocal OR c.relispartition))"""


def column_list(version: int) -> str:
    """``(column type …, …)`` of the relation ``c``: what it defines itself, not what it inherits."""
    column = f"""CASE WHEN c.reloftype <> 0 THEN concat(quote_ident(a.attname), ' WITH OPTIONS', {_GENERATED},
                                 {_identity(version)}, {_not_null(version)})
                               ELSE concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod), {_OPTIONS}, {_COLLATION},
                                 {_GENERATED}, {_identity(version)}, {_not_null(version)}) END"""
    inherited = "" if version < 180000 else """
                      UNION ALL
                      SELECT 2000 + k.conkey[1], format('CONSTRAINT %I NOT NULL %I%s', k.conname, a.attname,
                                                        CASE WHEN k.connoinherit THEN ' NO INHERIT' END)
                      FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
                      WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conislocal AND k.convalidated
                        AND NOT a.attislocal AND NOT c.relispartition"""
    return f"""(SELECT E' (\\n    ' || string_agg(x.text, E',\\n    ' ORDER BY x.place) || E'\\n)'
                FROM (SELECT a.attnum::int AS place, {column} AS text
                      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attislocal OR c.relispartition)
                        AND (c.reloftype = 0 OR a.attnotnull OR a.attidentity <> '' OR a.attgenerated <> '')
                      {inherited}) x)"""


def inheritance(version: int, alter: str) -> str:
    """A text[] with what a table has set on inherited columns: NOT NULL of its own, no default."""
    loose = "" if version < 180000 else f"""
            || ARRAY(SELECT unnest(ARRAY[format('constraint %I', k.conname),
                              format('{alter} %I.%I ADD CONSTRAINT %I NOT NULL %I%s NOT VALID', n.nspname, c.relname, k.conname,
                                     a.attname, CASE WHEN k.connoinherit THEN ' NO INHERIT' END),
                              format('{alter} %I.%I DROP CONSTRAINT %I', n.nspname, c.relname, k.conname)])
                     FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
                     WHERE k.conrelid = c.oid AND k.contype = 'n' AND NOT k.convalidated AND k.conislocal ORDER BY k.conname)"""
    not_null = "FALSE" if version >= 180000 else "a.attnotnull AND NOT coalesce(up.not_null, FALSE)"
    return f"""CASE WHEN c.relispartition OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid) THEN '{{}}'
            ELSE ARRAY(SELECT unnest(ARRAY[format('%s of %I', x.what, a.attname),
                                format('{alter} ONLY %I.%I ALTER COLUMN %I %s', n.nspname, c.relname, a.attname, x.setting),
                                format(x.back, n.nspname, c.relname, a.attname)])
                       FROM pg_attribute a CROSS JOIN LATERAL (
                              SELECT bool_or(u.attnotnull) AS not_null, bool_or(u.atthasdef) AS has_default
                              FROM pg_inherits h JOIN pg_attribute u ON u.attrelid = h.inhparent AND u.attname = a.attname
                              WHERE h.inhrelid = c.oid) up CROSS JOIN LATERAL (VALUES
                              ('not null', {not_null}, 'SET NOT NULL', '{alter} ONLY %I.%I ALTER COLUMN %I DROP NOT NULL'),
                              ('no default', up.has_default AND NOT a.atthasdef, 'DROP DEFAULT', '')) x (what, ok, setting, back)
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attislocal AND x.ok
                       ORDER BY a.attnum, x.what) END{loose}"""


ATTACHED = state(
    "c.relispartition", "'partition'",
    """(SELECT format('ALTER TABLE ONLY %s ATTACH PARTITION %I.%I %s', h.inhparent::regclass, n.nspname, c.relname,
               pg_get_expr(c.relpartbound, c.oid)) FROM pg_inherits h WHERE h.inhrelid = c.oid)""",
    """(SELECT format('ALTER TABLE ONLY %s DETACH PARTITION %I.%I', h.inhparent::regclass, n.nspname, c.relname)
        FROM pg_inherits h WHERE h.inhrelid = c.oid)""",
)

INHERITS = """CASE WHEN NOT c.relispartition THEN
                      (SELECT format(E'\\nINHERITS (%s)', string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno))
                       FROM pg_inherits h WHERE h.inhrelid = c.oid HAVING count(*) > 0) END"""
