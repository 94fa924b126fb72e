"""Text search dictionaries.

https://www.postgresql.org/docs/current/sql-createtsdictionary.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own


class TextSearchDictionaryKind(Kind):
    """Its files are the server's."""

    name, catalog, rank = "text search dictionary", "pg_ts_dict", 7
    sign = "true"
    object_type = "OBJECT_TSDICTIONARY"
    owner = "dictowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_TSDICTIONARY"})
    select = f"""
        SELECT d.oid, n.nspname, d.dictname, '',
               format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname, s.nspname,
                      t.tmplname, ', ' || d.dictinitoption), '{{}}'::text[], ''
        FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
             JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace s ON s.oid = t.tmplnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_ts_dict", "d.oid")}"""


KIND = TextSearchDictionaryKind()
