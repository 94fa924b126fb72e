"""The columns of tables and foreign tables as CREATE TABLE has them."""

from __future__ import annotations

from alembic_ext.kinds._common import ACCESS_METHOD, TABLESPACE, alter, foreign_options, state
from alembic_ext.kinds.sequence import SEQUENCE_OPTIONS

_COLLATION = """CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
                              THEN ' COLLATE ' || a.attcollation::regcollation END"""

_OPTIONS = f"""CASE WHEN a.attfdwoptions IS NOT NULL THEN {foreign_options("a.attfdwoptions")} END"""

_GENERATED = """CASE WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s',
                                (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                                 WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
                                CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END"""


def _identity(version: int) -> str:
    """GENERATED … AS IDENTITY; from 17 on a partition has that of its partitioned table, without saying so."""
    condition = "a.attidentity <> ''" + (" AND NOT c.relispartition" if version >= 170000 else "")
    return f"""CASE WHEN {condition} THEN (
                     SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s%s)',
                                   CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
                                   s.seqrelid::regclass, {SEQUENCE_OPTIONS})
                     FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
                     WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                       AND d.classid = 'pg_class'::regclass AND d.deptype = 'i') END"""


_NO_INHERIT = "CASE WHEN k.connoinherit THEN ' NO INHERIT' END"
_NOT_NULLS = """pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
                     WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conislocal"""


def _not_null(version: int) -> str:
    """NOT NULL of a column; from 18 on it is a constraint with a name."""
    if version < 180000:
        return "CASE WHEN a.attnotnull THEN ' NOT NULL' END"
    return f"""(SELECT format(' CONSTRAINT %I NOT NULL%s', k.conname, {_NO_INHERIT})
                     FROM pg_constraint k
                     WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum AND k.convalidated
                       AND (k.conislocal OR c.relispartition))"""


_DEFAULT = """CASE WHEN a.atthasdef AND a.attgenerated = '' THEN ' DEFAULT ' ||
                                (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                                 WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END"""

_CHECKS = """
                     UNION ALL
                     SELECT 4000, format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid))
                     FROM pg_constraint k
                     WHERE k.conrelid = c.oid AND k.contype = 'c' AND (k.conislocal OR c.relispartition)"""


def column_list(version: int, *, whole: bool = False) -> str:
    """``(column type …, …)`` of the relation ``c``: what it defines itself, not what it inherits.

    The ``whole`` has defaults and checks too, which are objects of their own for tables.
    """
    behind = f"{_DEFAULT if whole else 'NULL'}, {_GENERATED}, {_identity(version)}, {_not_null(version)}"
    column = f"""concat(quote_ident(a.attname), CASE WHEN c.reloftype <> 0 THEN ' WITH OPTIONS' ELSE
                     concat(' ', format_type(a.atttypid, a.atttypmod), {_OPTIONS}, {_COLLATION}) END, {behind})"""
    inherited = (
        ""
        if version < 180000
        else f"""
                     UNION ALL
                     SELECT 2000 + k.conkey[1],
                            format('CONSTRAINT %I NOT NULL %I%s', k.conname, a.attname, {_NO_INHERIT})
                     FROM {_NOT_NULLS} AND k.convalidated AND NOT a.attislocal AND NOT c.relispartition"""
    )
    order = 'x.place, x.text COLLATE "C"' if whole else "x.place"
    return f"""(SELECT E' (\\n    ' || string_agg(x.text, E',\\n    ' ORDER BY {order}) || E'\\n)'
               FROM (SELECT a.attnum::int, {column}
                     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                       AND (a.attislocal OR c.relispartition)
                       AND (c.reloftype = 0 OR a.attnotnull OR a.attidentity <> '' OR a.attgenerated <> '')
                     {inherited}{_CHECKS if whole else ""}) x (place, text))"""


def inheritance(version: int, words: str) -> str:
    """A text[] with what a table has set on inherited columns: NOT NULL of its own, no default."""
    only, column = f"{words} ONLY", "ALTER COLUMN %I "
    return f"""CASE WHEN c.relispartition OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid) THEN '{{}}'
            ELSE ARRAY(
              SELECT unnest(ARRAY[format('%s of %I', x.what, a.attname), x.setting, x.back])
              FROM pg_attribute a CROSS JOIN LATERAL (
                     SELECT bool_or(u.attnotnull) AS not_null, bool_or(u.atthasdef) AS has_default
                     FROM pg_inherits h JOIN pg_attribute u ON u.attrelid = h.inhparent AND u.attname = a.attname
                     WHERE h.inhrelid = c.oid) up CROSS JOIN LATERAL (VALUES
                     ('not null', {"false" if version >= 180000 else "a.attnotnull AND up.not_null IS NOT TRUE"},
                      {alter(only, column + "SET NOT NULL", "a.attname")},
                      {alter(only, column + "DROP NOT NULL", "a.attname")}),
                     ('no default', up.has_default AND NOT a.atthasdef,
                      {alter(only, column + "DROP DEFAULT", "a.attname")}, '')) x (what, ok, setting, back)
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attislocal AND x.ok
              ORDER BY a.attnum, x.what) END{_not_proved(words) if version >= 180000 else ""}"""


def _not_proved(words: str) -> str:
    add = alter(words, "ADD CONSTRAINT %I NOT NULL %I%s NOT VALID", "k.conname", "a.attname", _NO_INHERIT)
    return f"""
            || ARRAY(SELECT unnest(ARRAY[format('constraint %I', k.conname), {add},
                                         {alter(words, "DROP CONSTRAINT %I", "k.conname")}])
                     FROM {_NOT_NULLS} AND NOT k.convalidated ORDER BY k.conname)"""


PARTITION = "partition"
ATTACHED = state(
    "c.relispartition",
    f"'{PARTITION}'",
    """(SELECT format('ALTER TABLE ONLY %s ATTACH PARTITION %I.%I %s', h.inhparent::regclass, n.nspname, c.relname,
               pg_get_expr(c.relpartbound, c.oid)) FROM pg_inherits h WHERE h.inhrelid = c.oid)""",
    """(SELECT format('ALTER TABLE ONLY %s DETACH PARTITION %I.%I', h.inhparent::regclass, n.nspname, c.relname)
        FROM pg_inherits h WHERE h.inhrelid = c.oid)""",
)


def _expression(column: str) -> str:
    return f"""SELECT (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
                                              WHERE d.adrelid = {column}.attrelid AND d.adnum = {column}.attnum)"""


def partition_of(version: int) -> str:
    """CREATE TABLE … PARTITION OF for the partition ``c``, with what it has otherwise than its table; else ''."""
    not_null = "' NOT NULL'"
    if version >= 180000:
        not_null = f"""(SELECT format(' CONSTRAINT %I NOT NULL%s', k.conname, {_NO_INHERIT})
                             FROM pg_constraint k
                             WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey[1] = a.attnum)"""
    return f"""CASE WHEN NOT c.relispartition THEN '' ELSE (
              SELECT concat('CREATE ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
                            format('TABLE %I.%I PARTITION OF %s', n.nspname, c.relname, h.inhparent::regclass),
                            E' (\\n    ' || own.parts || E'\\n)', E'\\n', pg_get_expr(c.relpartbound, c.oid),
                            CASE c.relkind WHEN 'p' THEN E'\\nPARTITION BY ' || pg_get_partkeydef(c.oid) END,
                            {ACCESS_METHOD}, {TABLESPACE})
              FROM pg_inherits h CROSS JOIN LATERAL (
                     SELECT string_agg(x.text, E',\\n    ' ORDER BY x.place, x.text)
                     FROM (SELECT a.attnum::int, concat(quote_ident(a.attname),
                                  CASE WHEN a.attnotnull AND NOT u.attnotnull THEN {not_null} END,
                                  CASE WHEN d.text IS DISTINCT FROM e.text
                                       THEN ' DEFAULT ' || coalesce(d.text, 'NULL') END)
                           FROM pg_attribute a JOIN pg_attribute u
                                ON u.attrelid = h.inhparent AND u.attname = a.attname AND NOT u.attisdropped
                                CROSS JOIN LATERAL ({_expression("a")}) d (text)
                                CROSS JOIN LATERAL ({_expression("u")}) e (text)
                           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                             AND (a.attnotnull AND NOT u.attnotnull OR d.text IS DISTINCT FROM e.text)
                           UNION ALL
                           SELECT 4000, format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid))
                           FROM pg_constraint k
                           WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.coninhcount = 0) x (place, text)
                     ) own (parts)
              WHERE h.inhrelid = c.oid) END"""


INHERITS = """CASE WHEN NOT c.relispartition THEN (
                     SELECT format(E'\\nINHERITS (%s)', string_agg(h.inhparent::regclass::text, ', ' ORDER BY inhseqno))
                      FROM pg_inherits h WHERE h.inhrelid = c.oid HAVING count(*) > 0) END"""

BETWEEN = ",\n    "
"""Stands between two columns."""
