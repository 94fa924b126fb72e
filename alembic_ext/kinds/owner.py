"""Owners.

https://www.postgresql.org/docs/current/sql-alterview.html and its like: ALTER … OWNER TO
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from alembic_ext.kinds import AspectKind, kinds, spoken_of, word_of_type
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident
from alembic_ext.sqltext.edit import words_of
from alembic_ext.sqltext.parsetree import ANY_RELATION, relation

_ME = "(SELECT oid FROM pg_roles WHERE rolname = current_user)"


class OwnerKind(AspectKind):
    """An owner that is not the current user, who owns what he makes; ``public`` comes with an owner of its own."""

    name, rank, rights = "owner", 10, True

    def query(self, version: int) -> str:
        signs: dict[tuple[str, str], list[str]] = {}
        for kind in kinds().values():
            if kind.owner:
                signs.setdefault((kind.catalog, kind.owner), []).append(kind.sign or "true")
        found = [
            f"SELECT '{catalog}'::regclass::oid AS classid, oid, {owner} AS owner FROM {catalog} "
            f"WHERE oid >= {FIRST_OID} AND {owner} <> {_ME} AND ({' OR '.join(some)})"
            for (catalog, owner), some in signs.items()
        ]
        usual = "'pg_database_owner'::regrole" if version >= 150000 else "10"
        found.append(
            "SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace "
            f"WHERE nspname = 'public' AND nspowner <> {usual}"
        )
        return f"""
        SELECT o.classid, o.oid, '', '', '', r.rolname
        FROM ({" UNION ALL ".join(found)}) o JOIN pg_roles r ON r.oid = o.owner"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node == "AlterOwnerStmt":
            return ((spoken_of(tree["objectType"], tree["object"]), "owner", statement.text),)
        if statement.node == "AlterTableStmt" and tree["cmds"][0]["AlterTableCmd"]["subtype"] == "AT_ChangeOwner":
            # ALTER TABLE may name a relation of any kind
            word = ANY_RELATION if tree["objtype"] == "OBJECT_TABLE" else word_of_type(tree["objtype"])
            return ((Address(word, relation(tree["relation"])), "owner", statement.text),)
        return ()

    def undone(self, text: str) -> str:
        ends = [word.end for before, word in pairwise(words_of(text)) if before.is_("owner") and word.is_("to")]
        return f"{text[: ends[-1]]} CURRENT_USER" if ends else ""

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        return Aspect(
            "owner",
            (f"ALTER {word} {identity} OWNER TO {ident(values[0])}",),
            (f"ALTER {word} {identity} OWNER TO CURRENT_USER",),
        )


KIND = OwnerKind()
