"""Grants: one aspect for each object and grantee.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.kinds import AspectKind, word_of_type
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.parsetree import ANY_RELATION, named, role
from alembic_ext.sqledit import listed, words_of
from alembic_ext.sqltext import Statement, ident

# Catalogs with privileges: their columns of owner and privileges, and the letter of acldefault() for a row.
_GRANTED = (
    ("pg_class", "relowner", "relacl", "CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\""),
    ("pg_proc", "proowner", "proacl", "'f'"),
    ("pg_type", "typowner", "typacl", "'T'"),
    ("pg_namespace", "nspowner", "nspacl", "'n'"),
)
_WORDS = {"VIEW": "TABLE", "MATERIALIZED VIEW": "TABLE", "FOREIGN TABLE": "TABLE", "AGGREGATE": "FUNCTION",
          "SERVER": "FOREIGN SERVER"}  # fmt: skip


def _objects() -> str:
    made = [f"SELECT '{catalog}'::regclass::oid AS classid, oid AS objid, NULL::name AS attname, {acl} AS acl, "
            f"acldefault({letter}, {owner}) AS usual, {owner} AS owner FROM {catalog} "
            f"WHERE {acl} IS NOT NULL AND oid >= {FIRST_OID}"
            for catalog, owner, acl, letter in _GRANTED]
    made.append("SELECT 'pg_class'::regclass::oid, a.attrelid, a.attname, a.attacl, '{}'::aclitem[], c.relowner "
                "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                f"WHERE a.attacl IS NOT NULL AND a.attrelid >= {FIRST_OID} AND NOT a.attisdropped")
    return " UNION ALL ".join(made)


def _single(text: str, grantees: int) -> list[str]:
    """One statement for each object and grantee of a GRANT or REVOKE."""
    words = words_of(text)
    on = next(place for place, word in enumerate(words) if word.is_("on"))
    first = on + 1 + words[on + 1].is_("table", "function", "procedure", "routine")
    to = next(place for place, word in enumerate(words) if place > on and word.is_("to", "from"))
    last = to + 1
    for _ in range(grantees - 1):
        last = next(place for place, word in enumerate(words) if place > last and word.is_(",")) + 1
    last += words[last].is_("group")
    head, tail = text[: words[first].start], text[words[last].end :]
    between = text[words[to - 1].end : words[to + 1].start]
    names, roles = listed(text, words[first:to]), listed(text, words[to + 1 : last + 1])
    return [f"{head}{name}{between}{role}{tail}" for name in names for role in roles]


class GrantKind(AspectKind):
    """What a grantee has beyond the default, and what of the default was taken from him.

    A privilege that several grantors gave is one; no object with privileges (acl NULL) has its defaults.
    """

    name, rank, several = "grant", 20, True
    select = f"""
        SELECT g.classid, g.objid, '', CASE g.grantee WHEN 0 THEN NULL ELSE r.rolname END,
               array_agg(concat_ws(' ', g.mark, g.privilege_type, g.attname) ORDER BY g.attname NULLS FIRST, g.privilege_type, g.mark)
        FROM (
          SELECT o.classid, o.objid, o.attname, x.grantee, x.privilege_type, CASE WHEN x.is_grantable THEN '*' ELSE '+' END AS mark
          FROM ({_objects()}) o CROSS JOIN LATERAL (
            SELECT h.grantee, h.privilege_type, bool_or(h.is_grantable) AS is_grantable
            FROM aclexplode(o.acl) h GROUP BY 1, 2
            EXCEPT
            SELECT d.grantee, d.privilege_type, d.is_grantable FROM aclexplode(o.usual) d) x
          UNION ALL
          SELECT o.classid, o.objid, o.attname, x.grantee, x.privilege_type, '-'
          FROM ({_objects()}) o CROSS JOIN LATERAL (
            SELECT d.grantee, d.privilege_type FROM aclexplode(o.usual) d
            EXCEPT
            SELECT h.grantee, h.privilege_type FROM aclexplode(o.acl) h) x
        ) g LEFT JOIN pg_roles r ON r.oid = g.grantee
        GROUP BY g.classid, g.objid, g.grantee, r.rolname"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node != "GrantStmt" or tree["targtype"] != "ACL_TARGET_OBJECT":
            return ()
        # GRANT ON x and GRANT ON TABLE x may name a relation of any kind
        word = ANY_RELATION if tree["objtype"] == "OBJECT_TABLE" else word_of_type(tree["objtype"])
        objects = [Address(word, *named(node)) for node in tree["objects"]]
        grantees = [f"grant to {role(node['RoleSpec'])}" for node in tree["grantees"]]
        pairs = [(address, grantee) for address in objects for grantee in grantees]
        texts = [statement.text] if len(pairs) == 1 else _single(statement.text, len(grantees))
        return [(*pair, text) for pair, text in zip(pairs, texts, strict=True)]

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect:
        role, privileges = values
        grantee = "PUBLIC" if role is None else ident(role)
        on = f"ON {_WORDS.get(word, word)} {identity.replace('(*)', '()')}"
        do, undo = [], []
        for privilege in privileges:
            mark, words = privilege[0], privilege[2:]
            name, _, of = words.partition(" ")
            what = f"{name} ({ident(of)}) {on}" if of else f"{name} {on}"
            give, take = f"GRANT {what} TO {grantee}", f"REVOKE {what} FROM {grantee}"
            do.append(take if mark == "-" else f"{give} WITH GRANT OPTION" if mark == "*" else give)
            undo.append(give if mark == "-" else take)
        return Aspect(f"grant to {grantee}", tuple(do), tuple(undo))


KIND = GrantKind()
