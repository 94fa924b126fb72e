"""Defaults of the columns of tables: objects of their own, since they may need what needs the table.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from alembic_ext.kinds._common import RELATION, OnRelation
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import ident


class DefaultKind(OnRelation):
    """Its name is that of the column. SET DEFAULT replaces the default that is there."""

    name, catalog, rank = "default", "pg_attrdef", 45
    sign = "true"
    of_table, drops_twice, comes_along = True, True, True
    select = f"""
        SELECT d.oid, n.nspname, a.attname, c.relname,
               format('ALTER TABLE ONLY %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname,
                      pg_get_expr(d.adbin, d.adrelid)), '{{}}'::text[], '', format_type(a.atttypid, a.atttypmod),
               c.relispartition AND NOT EXISTS (
                 SELECT FROM pg_inherits h
                 JOIN pg_attribute u ON u.attrelid = h.inhparent AND u.attname = a.attname
                 JOIN pg_attrdef e ON e.adrelid = u.attrelid AND e.adnum = u.attnum
                 WHERE h.inhrelid = c.oid AND pg_get_expr(e.adbin, e.adrelid) = pg_get_expr(d.adbin, d.adrelid))
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
             JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attgenerated = '' AND c.relkind NOT IN ('v', 'f') AND {RELATION}"""

    def drop(self, key: Key) -> str:
        return f"ALTER TABLE ONLY {ident(key.schema, key.detail)} ALTER COLUMN {ident(key.name)} DROP DEFAULT"

    def replace(self, create: str) -> str | None:
        return create

    def is_own(self, stored: Stored) -> bool:
        return bool(stored.facts[1])

    def stand_in(self, stored: Stored) -> str:
        column = f"ALTER TABLE ONLY {ident(stored.key.schema, stored.key.detail)} ALTER COLUMN {ident(stored.key.name)}"
        return f"{column} SET DEFAULT nullif('', '')::text::{stored.facts[0]}"  # NULL itself would be no default

    def address(self, key: Key) -> Address:
        return Address("default value", (key.schema, key.detail, key.name))


KIND = DefaultKind()
