"""Plain SQL that keeps what a drop and recreate would lose: owner, grants, comments.

The statements run in the revision, on the database being migrated, and read its own catalog; nothing of the
developer's database, whose roles production does not have, is written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import dedent, indent

from alembic_ext.model import Address
from alembic_ext.sqltext import ident, literal
from alembic_ext.sqltext.parsetree import NO_TYPE

SAVE = dedent("""\
    SELECT set_config('alembic_ext.kept', coalesce(jsonb_agg(statement ORDER BY rank, statement), '[]')::text, false)
    FROM (
      WITH object AS (
        SELECT classid, objid,
               CASE known.type WHEN 'transform' THEN replace(known.identity, ' on language ', ' language ')
               ELSE known.identity END AS identity,
               CASE WHEN classid = 'pg_proc'::regclass THEN 'ROUTINE'
               WHEN known.type = 'table constraint' THEN 'CONSTRAINT'
               WHEN known.type = 'statistics object' THEN 'STATISTICS'
               ELSE translate(upper(known.type), '-', ' ') END AS type
        FROM {targets},
        pg_identify_object(classid, objid, 0) AS known
      ){owned}
      SELECT 4, format('COMMENT ON %s %s%s IS %L', CASE WHEN attname IS NULL THEN type ELSE 'COLUMN' END,
                               identity, '.' || quote_ident(attname), description)
      FROM object JOIN pg_description ON (classoid, objoid) = (classid, objid)
           LEFT JOIN pg_attribute ON (attrelid, attnum) = (objoid, objsubid) AND objsubid > 0
    ) AS found (rank, statement)""")

OWNED = dedent("""\
    , owned AS (
    {sources}
      ), allowed AS (
        SELECT word, identity, '' AS columns, entry.*
        FROM owned, aclexplode(coalesce(acl, acldefault(class, owner))) AS entry WHERE word IS NOT NULL
        UNION ALL
        SELECT word, identity, format(' (%I)', attname), entry.*
        FROM owned JOIN pg_attribute ON attrelid = objid AND classid = 'pg_class'::regclass, aclexplode(attacl) AS entry
      )
      SELECT 1, format('ALTER %s %s OWNER TO %I', type, identity, pg_get_userbyid(owner))
      FROM owned WHERE owner <> current_user::regrole
      UNION ALL
      SELECT 2, format('REVOKE ALL ON %s %s FROM %s', word, identity, grantee)
      FROM owned, (SELECT 'PUBLIC' UNION
                   SELECT quote_ident(pg_get_userbyid(entry.grantee))
                   FROM pg_default_acl, aclexplode(defaclacl) AS entry
                   WHERE defaclrole = current_user::regrole AND entry.grantee NOT IN (0, defaclrole)) AS fresh (grantee)
      WHERE word IS NOT NULL
      UNION ALL
      SELECT 3, format('GRANT %s%s ON %s %s TO %s%s', privilege_type, columns, word, identity,
                       coalesce(nullif(quote_ident(pg_get_userbyid(nullif(grantee, 0))), ''), 'PUBLIC'),
                       CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
      FROM allowed
      UNION ALL""")

SOURCES = {
    "pg_class": """\
    SELECT object.*, 'TABLE' AS word, 'r'::"char" AS class, relowner AS owner, relacl AS acl
    FROM object JOIN pg_class ON oid = objid AND classid = 'pg_class'::regclass AND relkind IN ('v', 'm', 'f')""",
    "pg_foreign_data_wrapper": """\
    SELECT object.*, type AS word, 'F'::"char" AS class, fdwowner AS owner, fdwacl AS acl
    FROM object JOIN pg_foreign_data_wrapper ON oid = objid AND classid = 'pg_foreign_data_wrapper'::regclass""",
    "pg_foreign_server": """\
    SELECT object.*, 'FOREIGN SERVER' AS word, 'S'::"char" AS class, srvowner AS owner, srvacl AS acl
    FROM object JOIN pg_foreign_server ON oid = objid AND classid = 'pg_foreign_server'::regclass""",
    "pg_language": """\
    SELECT object.*, CASE WHEN lanpltrusted THEN type END AS word, 'l'::"char" AS class, lanowner AS owner,
           lanacl AS acl
    FROM object JOIN pg_language ON oid = objid AND classid = 'pg_language'::regclass""",
    "pg_proc": """\
    SELECT object.*, type AS word, 'f'::"char" AS class, proowner AS owner, proacl AS acl
    FROM object JOIN pg_proc ON oid = objid AND classid = 'pg_proc'::regclass""",
    "pg_type": """\
    SELECT object.*, type AS word, 'T'::"char" AS class, typowner AS owner, typacl AS acl
    FROM object JOIN pg_type ON oid = objid AND classid = 'pg_type'::regclass""",
}
"""Where objects of a catalog that may be granted have their owner and privileges; what may not has no ``word``."""

OWNER = """
  SELECT 1, format('ALTER %s %s OWNER TO %I', type, identity, pg_get_userbyid({owner}))
  FROM object JOIN {catalog} ON oid = objid AND classid = '{catalog}'::regclass
  WHERE {owner} <> current_user::regrole
  UNION ALL"""
"""The owners of a catalog whose objects have no privileges that are kept."""

ATTRIBUTES = """
  SELECT 4, format('COMMENT ON COLUMN %s.%I IS %L', identity, attname, description)
  FROM object JOIN pg_type ON oid = objid AND classid = 'pg_type'::regclass JOIN pg_attribute ON attrelid = typrelid
       JOIN pg_description ON (classoid, objoid, objsubid) = ('pg_class'::regclass, attrelid, attnum)
  UNION ALL"""
"""The comments on attributes of types."""

CONSTRAINTS = """
  SELECT 4, format('COMMENT ON CONSTRAINT %I ON DOMAIN %s IS %L', conname, identity, description)
  FROM object JOIN pg_constraint ON contypid = objid AND object.classid = 'pg_type'::regclass
       JOIN pg_description ON (classoid, objoid) = ('pg_constraint'::regclass, pg_constraint.oid)
  UNION ALL"""
"""The comments on constraints of types."""

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

BRING_BACK = dedent("""\
    DO $$
    DECLARE kept text; later jsonb = '[]';
    BEGIN
      FOR kept IN SELECT * FROM jsonb_array_elements_text(current_setting('alembic_ext.kept')::jsonb) LOOP
        BEGIN
          EXECUTE kept;
        EXCEPTION WHEN undefined_column OR undefined_table OR undefined_object OR undefined_function THEN
          later = later || to_jsonb(kept); -- it is not there yet
        END;
      END LOOP;
      PERFORM set_config('alembic_ext.kept', later::text, false);
    END $$""")
"""Restores what is there so far, and leaves the rest to be restored later."""

_SAVED = re.compile(
    rf"^{re.escape(SAVE.partition(chr(10))[0])}$.*?^{re.escape(SAVE.rpartition(chr(10))[2])};?$",
    re.DOTALL | re.MULTILINE,
)
_RESTORED = re.compile(rf"^({re.escape(RESTORE)}|{re.escape(BRING_BACK)});?$", re.MULTILINE)


def brief(sql: str) -> str:
    r"""SQL for a reader: what these two statements do, instead of all that they say.

    >>> print(brief(f"SELECT 1;\n{save([])};\nDROP VIEW v;\n{RESTORE};"))
    SELECT 1;
    -- notes the owners, grants and comments of what is made again below (a query on the catalog)
    DROP VIEW v;
    -- gives back the owners, grants and comments noted above (a DO block)
    """
    sql = _SAVED.sub(
        "-- notes the owners, grants and comments of what is made again below (a query on the catalog)", sql
    )
    return _RESTORED.sub("-- gives back the owners, grants and comments noted above (a DO block)", sql)


def save(objects: Iterable[tuple[str, str, Address]], *, attributes: bool = False, constraints: bool = False) -> str:
    """The statement that remembers, in a setting of the session, how to bring back what these objects have.

    ``objects`` are a system catalog, the owner as SQL over a row of it, empty where an object has none of its own, and
    an address. Types among them have ``attributes`` or ``constraints`` that may have comments.
    """
    objects = list(objects)
    catalogs = sorted({(catalog, owner) for catalog, owner, _ in objects if owner})
    sources = [dedent(SOURCES[catalog]) for catalog in dict(catalogs) if catalog in SOURCES]
    owned = OWNED.format(sources=indent("\nUNION ALL\n".join(sources), " " * 4)) if sources else ""
    owned += "".join(
        OWNER.format(catalog=catalog, owner=owner) for catalog, owner in catalogs if catalog not in SOURCES
    )
    owned += ATTRIBUTES if attributes else ""
    owned += CONSTRAINTS if constraints else ""
    return SAVE.format(targets=_targets(objects), owned=owned)


def _targets(objects: Iterable[tuple[str, str, Address]]) -> str:
    """Where the objects are, as items of FROM that have a classid and an objid."""
    rows, operators = [], []
    for catalog, _, address in objects:
        if address.args and NO_TYPE in address.args:  # pg_get_object_address has no words for a missing operand
            *schema, name = address.names
            spelled = f"{ident(*schema)}{'.' if schema else ''}{name}({','.join(address.args)})"
            operators.append(f"SELECT {literal(catalog)}::regclass, {literal(spelled)}::regoperator::oid")
        else:
            rows.append(f"({literal(address.kind)}, {_array(address.names)}, {_array(address.args or ())})")
    values = f",\n{' ' * 6}".join(rows)  # a name may have lines, which must not be indented
    addresses = (
        f"(VALUES\n      {values}\n    ) AS target (kind, names, args), pg_get_object_address(kind, names, args)"
    )
    if not operators:
        return addresses
    found = "\n      UNION ALL ".join([*operators, *([f"SELECT classid, objid FROM {addresses}"] if rows else [])])
    return f"({found}) AS target (classid, objid)"


def _array(texts: Iterable[str]) -> str:
    inner = ", ".join(map(literal, texts))
    return f"ARRAY[{inner}]" if inner else "ARRAY[]::text[]"
