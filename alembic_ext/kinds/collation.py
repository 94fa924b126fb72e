"""Collations.

https://www.postgresql.org/docs/current/sql-createcollation.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, own

_PROVIDER = "CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END"


def _locale(version: int) -> str:
    """LOCALE, or LC_COLLATE and LC_CTYPE where these are two."""
    name = "c.colllocale" if version >= 170000 else "c.colliculocale" if version >= 150000 else "NULL"
    return f"""CASE WHEN {name} IS NOT NULL OR c.collcollate = c.collctype
                           THEN 'LOCALE = ' || quote_literal(coalesce({name}, c.collcollate))
                           ELSE format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype) END"""


class CollationKind(Kind):
    """Its version is that of the library of the server that it is made on."""

    name, catalog, rank = "collation", "pg_collation", 6
    sign = "true"
    object_type = "OBJECT_COLLATION"
    owner = "collowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_COLLATION"})

    def query(self, version: int) -> str:
        rules = "'RULES = ' || quote_literal(c.collicurules)" if version >= 160000 else "NULL"
        return f"""
        SELECT c.oid, n.nspname, c.collname, '',
               format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, concat_ws(', ',
                      'PROVIDER = ' || {_PROVIDER}, {_locale(version)},
                      CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END, {rules})),
               '{{}}'::text[], ''
        FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE {NAMED_BY_USER} AND {own("pg_collation", "c.oid")}"""


KIND = CollationKind()
