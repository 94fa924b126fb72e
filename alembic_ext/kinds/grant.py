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

# Catalogs with privileges: their columns of owner and privileges, the letter of acldefault(), and which rows.
_GRANTED = (
    ("pg_class", "relowner", "relacl", "CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"", "true"),
    ("pg_proc", "proowner", "proacl", "'f'", "true"),
    ("pg_type", "typowner", "typacl", "'T'", "true"),
    ("pg_namespace", "nspowner", "nspacl", "'n'", "nspname <> 'public'"),
    ("pg_foreign_data_wrapper", "fdwowner", "fdwacl", "'F'", "true"),
    ("pg_foreign_server", "srvowner", "srvacl", "'S'", "true"),
)
_WORDS = {"VIEW": "TABLE", "MATERIALIZED VIEW": "TABLE", "FOREIGN TABLE": "TABLE", "AGGREGATE": "FUNCTION",
          "SERVER": "FOREIGN SERVER"}  # fmt: skip


def _objects(version: int) -> str:
    """What has privileges of its own: classid, objid, column, the privileges, and those it would have by default."""
    made = [
        f"SELECT '{catalog}'::regclass::oid AS classid, oid AS objid, NULL::name AS attname, {acl} AS acl, "
        f"acldefault({letter}, {owner}) AS usual FROM {catalog} "
        f"WHERE {acl} IS NOT NULL AND oid >= {FIRST_OID} AND {condition}"
        for catalog, owner, acl, letter, condition in _GRANTED
    ]
    made.append(
        "SELECT 'pg_class'::regclass, attrelid, attname, attacl, NULL FROM pg_attribute "
        f"WHERE attacl IS NOT NULL AND attrelid >= {FIRST_OID} AND NOT attisdropped"
    )
    public = ["USAGE"] if version >= 150000 else ["USAGE", "CREATE"]
    items = " || ".join(f"makeaclitem(0, nspowner, '{word}', false)" for word in public)
    made.append(
        "SELECT 'pg_namespace'::regclass, oid, NULL, coalesce(nspacl, acldefault('n', nspowner)), "
        f"acldefault('n', nspowner) || {items} FROM pg_namespace WHERE nspname = 'public'"
    )
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

    A privilege that several grantors gave is one. Where nothing was ever granted (acl NULL) the defaults hold.
    """

    name, rank, several = "grant", 20, True

    def query(self, version: int) -> str:
        return f"""
        SELECT o.classid, o.objid, '', CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE '' END,
               CASE WHEN c.relkind = 'S' THEN c.oid::regclass::text ELSE '' END, r.rolname,
               array_agg(concat_ws(' ', CASE WHEN x.usual THEN '-' WHEN x.is_grantable THEN '*' ELSE '+' END,
                                   x.privilege_type, o.attname)
                         ORDER BY o.attname COLLATE "C" NULLS FIRST, x.privilege_type COLLATE "C")
        FROM ({_objects(version)}) o
             CROSS JOIN LATERAL (SELECT h.grantee, h.privilege_type, h.is_grantable, false FROM aclexplode(o.acl) h
                                 UNION ALL
                                 SELECT d.grantee, d.privilege_type, d.is_grantable, true FROM aclexplode(o.usual) d
                                ) x (grantee, privilege_type, is_grantable, usual)
             LEFT JOIN pg_roles r ON r.oid = x.grantee
             LEFT JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
        GROUP BY o.classid, o.objid, r.rolname, c.relkind, c.oid"""

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

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect | None:
        """The grantee is None for PUBLIC; a privilege is marked + or * (may grant it) where he has it, - by default."""
        name, privileges = values
        grantee = "PUBLIC" if name is None else ident(name)
        on = f"ON {_WORDS.get(word, word)} {identity.replace('(*)', '()')}"
        # the mark * comes before +, so that it wins where several grantors gave the privilege
        has = {item[2:]: item[0] == "*" for item in sorted(privileges, reverse=True) if item[0] != "-"}
        usual = {privilege[2:] for privilege in privileges if privilege[0] == "-"}
        do, undo = [], []
        for privilege in dict.fromkeys(privilege[2:] for privilege in privileges):
            if privilege in usual and has.get(privilege) is False:
                continue
            right, _, of = privilege.partition(" ")
            what = f"{right} ({ident(of)}) {on}" if of else f"{right} {on}"
            give, take = f"GRANT {what} TO {grantee}", f"REVOKE {what} FROM {grantee}"
            if privilege not in has:
                do.append(take)
                undo.append(give)
            else:
                do.append(f"{give} WITH GRANT OPTION" if has[privilege] else give)
                undo.append(f"REVOKE GRANT OPTION FOR {what} FROM {grantee}" if privilege in usual else take)
        return Aspect(f"grant to {grantee}", tuple(do), tuple(undo), adds=True) if do else None


KIND = GrantKind()
