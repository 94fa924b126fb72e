"""Owners.

https://www.postgresql.org/docs/current/sql-alterview.html and its like: ALTER … OWNER TO
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.kinds import AspectKind, word_of_type
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.parsetree import ANY_RELATION, named, relation
from alembic_ext.sqltext import Statement, ident

# Catalogs with owners, the column of the owner, and which rows stand for objects. A column's sequence has the owner of
# its table.
_OWNED = (
    ("pg_class", "relowner", "(relkind IN ('r', 'p', 'v', 'm', 'f') OR relkind = 'S' AND NOT EXISTS ("
     "SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = pg_class.oid AND d.objsubid = 0 "
     "AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))"),
    ("pg_proc", "proowner", "true"),
    ("pg_type", "typowner", "typtype IN ('c', 'd', 'e', 'r')"),
    ("pg_namespace", "nspowner", "nspname <> 'public'"),
    ("pg_statistic_ext", "stxowner", "true"),
    ("pg_event_trigger", "evtowner", "true"),
    ("pg_foreign_data_wrapper", "fdwowner", "true"),
    ("pg_foreign_server", "srvowner", "true"),
    ("pg_collation", "collowner", "true"),
    ("pg_operator", "oprowner", "true"),
    ("pg_opclass", "opcowner", "true"),
    ("pg_opfamily", "opfowner", "true"),
    ("pg_ts_dict", "dictowner", "true"),
    ("pg_ts_config", "cfgowner", "true"),
)
_ME = "(SELECT oid FROM pg_roles WHERE rolname = current_user)"


class OwnerKind(AspectKind):
    """An owner that is not the current user, who owns what he makes; ``public`` comes with an owner of its own."""

    name, rank = "owner", 10

    def query(self, version: int) -> str:
        found = [f"SELECT '{catalog}'::regclass::oid AS classid, oid, {owner} AS owner FROM {catalog} "
                 f"WHERE oid >= {FIRST_OID} AND {owner} <> {_ME} AND {condition}"
                 for catalog, owner, condition in _OWNED]
        usual = "'pg_database_owner'::regrole" if version >= 150000 else "10"
        found.append("SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace "
                     f"WHERE nspname = 'public' AND nspowner <> {usual}")
        return f"""
        SELECT o.classid, o.oid, '', '', '', r.rolname
        FROM ({' UNION ALL '.join(found)}) o JOIN pg_roles r ON r.oid = o.owner"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node == "AlterOwnerStmt":
            names, args = named(tree["object"])
            return ((Address(word_of_type(tree["objectType"]), names, args), "owner", statement.text),)
        if statement.node == "AlterTableStmt" and tree["cmds"][0]["AlterTableCmd"]["subtype"] == "AT_ChangeOwner":
            # ALTER TABLE may name a relation of any kind
            word = ANY_RELATION if tree["objtype"] == "OBJECT_TABLE" else word_of_type(tree["objtype"])
            return ((Address(word, relation(tree["relation"])), "owner", statement.text),)
        return ()

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        return Aspect("owner", (f"ALTER {word} {identity} OWNER TO {ident(values[0])}",),
                      (f"ALTER {word} {identity} OWNER TO CURRENT_USER",))


KIND = OwnerKind()
