"""What a user can make and no kind reads: it is counted by name, so that nothing is lost in silence."""

from __future__ import annotations

from alembic_ext.kinds._common import FIRST_OID

NOT_MANAGED = {
    "table": "the models: Alembic creates, alters and drops tables; the class `Partition` declares partitions of one",
    "table column": "the models: Alembic adds, alters and drops columns",
    "default value": "the models: `server_default` of a column",
    "table constraint": "the models; compared whole with the option `compare`",
    "index": "the models; compared whole with the option `compare`; those of a materialized view are part of it",
    "type": "base types and shells need C functions; row types, arrays and multiranges come with what they belong to",
    "toast table": "comes with its table",
    "toast table column": "comes with its table",
    "view column": "part of the view",
    "materialized view column": "part of the materialized view",
    "foreign table column": "part of the foreign table",
    "composite type column": "part of the composite type",
    "index column": "part of the index",
    "sequence column": "part of the sequence",
    "domain constraint": "part of the domain",
    "operator of access method": "part of the operator family",
    "function of access method": "part of the operator family",
    "publication relation": "part of the publication",
    "publication namespace": "part of the publication",
    "trigger on partition": "comes with the trigger of the partitioned table",
    "large object": "data",
    "database": "holds all this; made outside of migrations",
    "tablespace": "belongs to the whole server",
    "parameter ACL": "belongs to the whole server",
    "role membership": "part of the role",
}
"""What ``pg_identify_object`` calls a thing that is no managed kind, and why."""


def unread() -> str:
    """A SELECT of classid, oid and name, as ``pg_identify_object`` writes it, of what may be read by no kind."""
    found = [
        # Base types and shells: what is neither an array nor anybody's row, range or domain type.
        f"SELECT 'pg_type'::regclass::oid AS classid, t.oid FROM pg_type t "
        f"WHERE t.oid >= {FIRST_OID} AND t.typtype IN ('b', 'p') "
        "AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)",
        "SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        f"WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.oid >= {FIRST_OID} AND c.relpersistence <> 't'",
    ]
    return f"""
        SELECT u.classid, u.oid, x.type || ' ' || x.identity
        FROM ({" UNION ALL ".join(found)}) u CROSS JOIN LATERAL pg_identify_object(u.classid, u.oid, 0) x
        WHERE (u.classid, u.oid) NOT IN (SELECT m.classid, m.objid FROM pg_depend m
                                         WHERE m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e')
        ORDER BY 3"""
