"""Sequences, except those behind identity columns.

https://www.postgresql.org/docs/current/sql-createsequence.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import RELATION, alter, state

_LIMIT = "CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END"
SEQUENCE_OPTIONS = f"""concat(
                CASE WHEN s.seqincrement <> 1 THEN ' INCREMENT BY ' || s.seqincrement END,
                CASE WHEN s.seqmin <> CASE WHEN s.seqincrement > 0 THEN 1 ELSE -{_LIMIT} - 1 END
                     THEN ' MINVALUE ' || s.seqmin END,
                CASE WHEN s.seqmax <> CASE WHEN s.seqincrement > 0 THEN {_LIMIT} ELSE -1 END
                     THEN ' MAXVALUE ' || s.seqmax END,
                CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END
                     THEN ' START WITH ' || s.seqstart END,
                CASE WHEN s.seqcache <> 1 THEN ' CACHE ' || s.seqcache END,
                CASE WHEN s.seqcycle THEN ' CYCLE' END)"""
"""The options of a pg_sequence row ``s`` that are not the default."""

_OF_COLUMN = """EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid
                AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))"""


class SequenceKind(Kind):
    """Its value is data; the column that owns it is state, and has the owner of its table."""

    name, catalog, rank = "sequence", "pg_class", 20
    sign = "relkind = 'S'"
    object_type = "OBJECT_SEQUENCE"
    owner = f"CASE WHEN relkind = 'S' AND NOT {_OF_COLUMN} THEN relowner END"
    droppable = False
    nodes = MappingProxyType({"CreateSeqStmt": ""})
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format('CREATE %sSEQUENCE %I.%I%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
                      n.nspname, c.relname,
                      CASE WHEN s.seqtypid <> 20 THEN ' AS ' || format_type(s.seqtypid, NULL) END, {SEQUENCE_OPTIONS}),
               {
        state(
            "a.attname IS NOT NULL",
            "'owned by'",
            alter("SEQUENCE", "OWNED BY %s.%I", "d.refobjid::regclass", "a.attname"),
            alter("SEQUENCE", "OWNED BY NONE"),
        )
    }, ''
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                                  AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
             LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.deptype IS DISTINCT FROM 'i' AND {RELATION}"""


KIND = SequenceKind()
