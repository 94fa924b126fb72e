"""A few numbers that are others after any DDL: how many rows each catalog has, and which transactions wrote them.

Every change writes a row with a transaction's number that is higher than those before it, or takes rows away.
Temporary objects are left out, since applications make them all the time; so is what ANALYZE, VACUUM and a sequence
write, which they do in place.
"""

from __future__ import annotations

from alembic_ext.drift.connection import Production
from alembic_ext.sqltext import ident

_OF_RELATIONS = {
    "pg_class": "oid", "pg_attribute": "attrelid", "pg_attrdef": "adrelid", "pg_constraint": "conrelid",
    "pg_index": "indexrelid", "pg_inherits": "inhrelid", "pg_trigger": "tgrelid", "pg_sequence": "seqrelid",
    "pg_type": "typrelid",
}  # fmt: skip
"""Catalogs with rows of temporary relations, and which column tells of which."""
_OTHERS = (
    "pg_aggregate", "pg_am", "pg_amop", "pg_amproc", "pg_cast", "pg_collation", "pg_conversion", "pg_default_acl",
    "pg_description", "pg_enum", "pg_event_trigger", "pg_extension", "pg_foreign_data_wrapper", "pg_foreign_server",
    "pg_foreign_table", "pg_init_privs", "pg_language", "pg_namespace", "pg_opclass", "pg_operator", "pg_opfamily",
    "pg_partitioned_table", "pg_policy", "pg_proc", "pg_publication", "pg_publication_namespace",
    "pg_publication_rel", "pg_range", "pg_rewrite", "pg_seclabel", "pg_statistic_ext", "pg_transform", "pg_ts_config",
    "pg_ts_config_map", "pg_ts_dict", "pg_ts_parser", "pg_ts_template",
)  # fmt: skip
_SINCE = {"pg_publication_namespace": 150000}
_TEMPORARY = "(SELECT oid FROM pg_class WHERE relpersistence = 't')"


def fingerprint(production: Production) -> tuple[object, ...]:
    """The numbers, in one statement."""
    number = "count(*), sum(xmin::text::bigint)"
    parts = [
        f"(SELECT ROW({number})::text FROM {ident(name)} WHERE {column} NOT IN {_TEMPORARY})"
        for name, column in _OF_RELATIONS.items()
    ]
    parts += [
        f"(SELECT ROW({number})::text FROM {ident(name)})"
        for name in _OTHERS
        if production.version >= _SINCE.get(name, 0)
    ]
    # what only pg_depend tells: the column that owns a sequence, the extension that a function goes with
    parts.append(
        f"(SELECT ROW({number})::text FROM pg_depend WHERE objid >= 16384 AND objid NOT IN {_TEMPORARY} "
        "AND (deptype IN ('x', 'e') OR deptype = 'a' AND refobjsubid > 0))"
    )
    ((*found,),) = production.rows(f"SELECT {', '.join(parts)}")
    return tuple(found)
