"""Comments: on objects, on columns, and on parts that are no objects of their own.

https://www.postgresql.org/docs/current/sql-comment.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.kinds import AspectKind, spoken_of
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident, literal
from alembic_ext.sqltext.parsetree import ANY_RELATION, named


class CommentKind(AspectKind):
    """What pg_description holds; a comment on a domain's constraint is one of the domain.

    The schema ``public`` and extensions have comments from the start.
    """

    name, rank = "comment", 30
    select = f"""
        SELECT CASE WHEN k.contypid <> 0 THEN 'pg_type'::regclass::oid ELSE d.classoid END,
               CASE WHEN k.contypid <> 0 THEN k.contypid ELSE d.objoid END, coalesce(a.attname, ''),
               CASE WHEN k.contypid <> 0 THEN '' WHEN k.oid IS NOT NULL THEN 'CONSTRAINT'
                    WHEN c.relkind IN ('i', 'I') THEN 'INDEX'
                    WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE '' END,
               CASE WHEN k.conrelid <> 0 THEN format('%I ON %s', k.conname, k.conrelid::regclass)
                    WHEN c.relkind IN ('i', 'I', 'S') THEN c.oid::regclass::text ELSE '' END,
               d.description, CASE WHEN k.contypid <> 0 THEN k.conname END, u.usual
        FROM (SELECT * FROM pg_description
              UNION ALL SELECT objoid, classoid, 0, description FROM pg_shdescription
              WHERE classoid = 'pg_authid'::regclass) d
             LEFT JOIN pg_attribute a ON d.objsubid > 0 AND d.classoid = 'pg_class'::regclass
                                     AND a.attrelid = d.objoid AND a.attnum = d.objsubid
             LEFT JOIN pg_constraint k ON d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid
             LEFT JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid
             CROSS JOIN LATERAL (SELECT CASE d.classoid
               WHEN 'pg_namespace'::regclass
                 THEN CASE WHEN d.objoid = to_regnamespace('public') THEN 'standard public schema' END
               WHEN 'pg_extension'::regclass
                 THEN (SELECT v.comment FROM pg_extension e JOIN pg_available_extensions v ON v.name = e.extname
                       WHERE e.oid = d.objoid) END) u (usual)
        WHERE (d.objoid >= {FIRST_OID}
               OR d.classoid = 'pg_namespace'::regclass AND d.objoid = to_regnamespace('public'))
              AND d.description IS DISTINCT FROM u.usual"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        if statement.node != "CommentStmt":
            return ()
        object_type, node = statement.tree["objtype"], statement.tree["object"]
        if object_type == "OBJECT_DOMCONSTRAINT":
            names, _ = named(node)
            return ((Address("domain", names[:-1]), f"comment on constraint {names[-1]}", statement.text),)
        if object_type == "OBJECT_COLUMN":
            names, _ = named(node)
            return ((Address(ANY_RELATION, names[:-1]), f"comment on column {names[-1]}", statement.text),)
        return ((spoken_of(object_type, node), "comment", statement.text),)

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        text, constraint, usual = values
        name, what = "comment", f"{word} {identity}"
        if column:
            name, what = f"comment on column {column}", f"COLUMN {identity}.{ident(column)}"
        if constraint:
            name, what = f"comment on constraint {constraint}", f"CONSTRAINT {ident(constraint)} ON {word} {identity}"
        back = literal(usual) if usual else "NULL"
        return Aspect(
            name, (f"COMMENT ON {what} IS {literal(text)}",), (f"COMMENT ON {what} IS {back}",), kept=not constraint
        )


KIND = CommentKind()
