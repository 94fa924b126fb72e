"""Views.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import RELATION, altered_relation, with_options
from alembic_ext.model import Address
from alembic_ext.parsetree import Node, relation
from alembic_ext.sqltext import or_replace

_ALTERS = frozenset({"AT_ColumnDefault", "AT_SetRelOptions", "AT_ResetRelOptions"})


class ViewKind(Kind):
    """CREATE OR REPLACE VIEW keeps the view's grants, comment and owner; it may only append columns."""

    name, catalog, rank, managed = "view", "pg_class", 60, True
    object_type = "OBJECT_VIEW"
    nodes = MappingProxyType({"ViewStmt": ""})
    select = f"""
        SELECT c.oid, n.nspname, c.relname, '',
               format(E'CREATE VIEW %I.%I%s AS\\n%s%s', n.nspname, c.relname,
                      CASE WHEN c.reloptions IS NULL THEN '' ELSE
                        {with_options("nullif(ARRAY(SELECT x FROM unnest(c.reloptions) x WHERE x NOT LIKE 'check_option=%'), '{}')")} END,
                      rtrim(pg_get_viewdef(c.oid), ';'),
                      CASE WHEN c.reloptions IS NULL THEN '' ELSE coalesce(
                        (SELECT format(E'\\n  WITH %s CHECK OPTION', upper(split_part(x, '=', 2)))
                         FROM unnest(c.reloptions) x WHERE x LIKE 'check_option=%'), '') END),
               CASE WHEN NOT c.relhasrules OR d.of IS NULL THEN '{{}}' ELSE d.of END, ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN (
               SELECT v.oid, array_agg(x.part ORDER BY a.attnum, x.place) AS of
               FROM pg_attrdef d JOIN pg_class v ON v.oid = d.adrelid AND v.relkind = 'v'
                    JOIN pg_namespace s ON s.oid = v.relnamespace
                    JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                    CROSS JOIN LATERAL (VALUES (1, format('default of %I', a.attname)),
                      (2, format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT %s', s.nspname, v.relname, a.attname,
                                 pg_get_expr(d.adbin, d.adrelid))),
                      (3, format('ALTER VIEW %I.%I ALTER COLUMN %I DROP DEFAULT', s.nspname, v.relname, a.attname))
                      ) x (place, part)
               GROUP BY v.oid) d ON d.oid = c.oid
        WHERE c.relkind = 'v' AND {RELATION}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, relation(tree["view"]))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        return altered_relation(self, node, tree, _ALTERS)

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = ViewKind()
