"""Security labels: what a label provider, a module that the server has loaded, keeps of objects and their columns.

No provider comes with PostgreSQL but sepgsql, which wants SELinux; the tests build one that takes any label, where a
compiler is, and no real one was tried. A declaration whose provider is not loaded, on the server for sandboxes too, is
an error with the server's words. A label that nobody declared is lost where its object is dropped and made again; a
declared one is set again.

https://www.postgresql.org/docs/current/sql-security-label.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.errors import DeclarationError
from alembic_ext.kinds import AspectKind, word_of_type
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident, literal
from alembic_ext.sqltext.parsetree import ANY_RELATION, ANY_TYPE, named

_ANY_OF = {"OBJECT_TYPE": ANY_TYPE}


class SecurityLabelKind(AspectKind):
    """One aspect for each provider, of an object or of a column."""

    name, rank = "security label", 40
    select = f"""
        SELECT l.classoid, l.objoid, coalesce(a.attname, ''), CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE '' END,
               CASE WHEN c.relkind = 'S' THEN c.oid::regclass::text ELSE '' END, l.provider, l.label
        FROM (SELECT classoid, objoid, objsubid, provider, label FROM pg_seclabel
              UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_shseclabel) l
             LEFT JOIN pg_class c ON l.classoid = 'pg_class'::regclass AND c.oid = l.objoid
             LEFT JOIN pg_attribute a ON l.objsubid > 0 AND a.attrelid = c.oid AND a.attnum = l.objsubid
        WHERE l.objoid >= {FIRST_OID} OR l.objoid = to_regnamespace('public')"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        if statement.node != "SecLabelStmt":
            return ()
        tree = statement.tree
        if "provider" not in tree:
            raise DeclarationError(
                f"{' '.join(statement.text.split())!r} names no provider",
                where=statement.source,
                help="write SECURITY LABEL FOR provider ON …: which one is meant depends on what a server has loaded",
            )
        names, args = named(tree["object"])
        aspect = f"{self.name} for {tree['provider']}"
        if tree["objtype"] == "OBJECT_COLUMN":
            return ((Address(ANY_RELATION, names[:-1]), f"{aspect} on column {names[-1]}", statement.text),)
        word = _ANY_OF.get(tree["objtype"]) or word_of_type(tree["objtype"])
        return ((Address(word, names, args), aspect, statement.text),)

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        provider, label = values
        name, what = (
            (f"{self.name} for {provider} on column {column}", f"COLUMN {identity}.{ident(column)}")
            if column
            else (f"{self.name} for {provider}", f"{word} {identity}")
        )
        statement = f"SECURITY LABEL FOR {ident(provider)} ON {what} IS"
        return Aspect(name, (f"{statement} {literal(label)}",), (f"{statement} NULL",), kept=False)


KIND = SecurityLabelKind()
