"""Views.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from alembic_ext.kinds import Kind
from alembic_ext.sqltext import or_replace


class ViewKind(Kind):
    """CREATE OR REPLACE VIEW keeps the view's grants, comment and owner; it may only append columns."""

    name, catalog, rank, managed = "view", "pg_class", 60, True
    object_type = "OBJECT_VIEW"
    select = """
        SELECT c.oid, n.nspname, c.relname, '',
               format('CREATE VIEW %I.%I%s%s AS%s%s', n.nspname, c.relname,
                      (SELECT format(' (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
                       FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
                      (SELECT format(' WITH (%s)', string_agg(o, ', ' ORDER BY o))
                       FROM unnest(c.reloptions) o WHERE o NOT LIKE 'check_option=%'),
                      E'\n', rtrim(pg_get_viewdef(c.oid), ';'))
               || coalesce((SELECT format(E'\n  WITH %s CHECK OPTION', upper(split_part(o, '=', 2)))
                            FROM unnest(c.reloptions) o WHERE o LIKE 'check_option=%'), ''),
               ARRAY(SELECT unnest(ARRAY[format('default of %I', a.attname),
                            format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname,
                                   pg_get_expr(d.adbin, d.adrelid)),
                            format('ALTER VIEW %I.%I ALTER COLUMN %I DROP DEFAULT', n.nspname, c.relname, a.attname)])
                     FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                     WHERE d.adrelid = c.oid),
               ARRAY(SELECT unnest(ARRAY[a.attname, format_type(a.atttypid, a.atttypmod)])
                     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
               ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND c.oid >= 16384 AND c.relpersistence <> 't'
          AND NOT EXISTS (SELECT FROM pg_depend e
                          WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""

    def replace(self, create: str) -> str | None:
        return or_replace(create)


KIND = ViewKind()
