"""Plain SQL that keeps what a drop and recreate would lose: owner, grants, comments.

The statements run in the revision, on the database being migrated, and read its own catalog; nothing of the
developer's database, whose roles production does not have, is written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent, indent

from alembic_ext.model import Address
from alembic_ext.sqltext import literal

SAVE = dedent("""\
    SELECT set_config('alembic_ext.kept', coalesce(jsonb_agg(statement ORDER BY rank, statement), '[]')::text, false)
    FROM (
      WITH RECURSIVE kept AS (
        SELECT place.classid, place.objid, place.objsubid
        FROM (VALUES
    {targets}
        ) AS target (type, names, args), pg_get_object_address(type, names, args) AS place
        UNION
        SELECT part.classid, part.objid, part.objsubid
        FROM kept JOIN pg_depend AS part ON part.refclassid = kept.classid AND part.refobjid = kept.objid
        WHERE part.deptype IN ('a', 'i')
      ), object AS (
        SELECT DISTINCT kept.classid, kept.objid, upper(known.type) AS type, known.identity
        FROM kept, pg_identify_object(kept.classid, kept.objid, 0) AS known
      ), owned AS (
        SELECT object.*, c.relowner AS owner, c.relacl AS acl, 'r'::"char" AS class, 'TABLE' AS word
        FROM object JOIN pg_class AS c ON object.classid = 'pg_class'::regclass AND c.oid = object.objid
        WHERE c.relkind IN ('v', 'm')
        UNION ALL
        SELECT object.*, p.proowner, p.proacl, 'f', object.type
        FROM object JOIN pg_proc AS p ON object.classid = 'pg_proc'::regclass AND p.oid = object.objid
        UNION ALL
        SELECT object.*, t.typowner, t.typacl, 'T', 'TYPE'
        FROM object JOIN pg_type AS t ON object.classid = 'pg_type'::regclass AND t.oid = object.objid
        WHERE t.typrelid = 0 AND t.typelem = 0
      ), granted AS (
        SELECT word, identity, '' AS columns, item.*
        FROM owned, aclexplode(coalesce(acl, acldefault(class, owner))) AS item
        UNION ALL
        SELECT word, identity, format(' (%I)', a.attname), item.*
        FROM owned JOIN pg_attribute AS a ON classid = 'pg_class'::regclass AND a.attrelid = objid,
             aclexplode(a.attacl) AS item
      )
      SELECT 1 AS rank, format('ALTER %s %s OWNER TO %I', type, identity, pg_get_userbyid(owner)) AS statement
      FROM owned WHERE owner <> current_user::regrole
      UNION ALL
      SELECT 2, format('REVOKE ALL ON %s %s FROM %s', word, identity, grantee)
      FROM owned, (SELECT 'PUBLIC' UNION
                   SELECT quote_ident(pg_get_userbyid(item.grantee))
                   FROM pg_default_acl, aclexplode(defaclacl) AS item
                   WHERE defaclrole = current_user::regrole AND item.grantee NOT IN (0, defaclrole)) AS fresh (grantee)
      UNION ALL
      SELECT 3, format('GRANT %s%s ON %s %s TO %s%s', privilege_type, columns, word, identity,
                       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                       CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM granted
      UNION ALL
      SELECT 4, format('COMMENT ON %s %s IS %L', CASE d.objsubid WHEN 0 THEN type ELSE 'COLUMN' END,
                       identity || coalesce((SELECT format('.%I', attname) FROM pg_attribute
                                             WHERE attrelid = d.objoid AND attnum = d.objsubid), ''), d.description)
      FROM object JOIN pg_description AS d ON d.classoid = classid AND d.objoid = objid
    ) AS found""")

RESTORE = dedent("""\
    DO $$
    DECLARE kept text;
    BEGIN
      FOR kept IN SELECT * FROM jsonb_array_elements_text(current_setting('alembic_ext.kept')::jsonb) LOOP
        BEGIN
          EXECUTE kept;
        EXCEPTION WHEN undefined_column OR undefined_table OR undefined_object OR undefined_function THEN
          NULL; -- it went with the change
        END;
      END LOOP;
    END $$""")


def save(addresses: Iterable[Address]) -> str:
    """The statement that remembers, in a setting of the session, how to bring back what these objects have."""
    rows = [f"({literal(address.kind)}, {_array(address.names)}, {_array(address.args or ())})" for address in addresses]
    return SAVE.format(targets=indent(",\n".join(rows), " " * 6))


def _array(texts: Iterable[str]) -> str:
    inner = ", ".join(map(literal, texts))
    return f"ARRAY[{inner}]" if inner else "ARRAY[]::text[]"
