"""Grants: one aspect for each object and grantee.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY, field
from typing import Any

from alembic_ext.declare.table_part import TablePart
from alembic_ext.entity import Entity, entity
from alembic_ext.entity import role as role_name
from alembic_ext.kinds import AspectKind, spoken_of
from alembic_ext.kinds._common import FIRST_OID
from alembic_ext.model import Address, Aspect
from alembic_ext.sqltext import Statement, ident, split
from alembic_ext.sqltext.edit import Word, listed, words_of
from alembic_ext.sqltext.parsetree import ANY_RELATION, ANY_ROUTINE, Node, named, role

# Catalogs with privileges: their columns of owner and privileges, the letter of acldefault(), and which rows.
_GRANTED = (
    ("pg_class", "relowner", "relacl", "CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"", "true"),
    ("pg_proc", "proowner", "proacl", "'f'", "true"),
    ("pg_type", "typowner", "typacl", "'T'", "true"),
    ("pg_namespace", "nspowner", "nspacl", "'n'", "nspname <> 'public'"),
    ("pg_language", "lanowner", "lanacl", "'l'", "true"),
    ("pg_foreign_data_wrapper", "fdwowner", "fdwacl", "'F'", "true"),
    ("pg_foreign_server", "srvowner", "srvacl", "'S'", "true"),
)
_WORDS = {"VIEW": "TABLE", "MATERIALIZED VIEW": "TABLE", "FOREIGN TABLE": "TABLE", "AGGREGATE": "FUNCTION",
          "SERVER": "FOREIGN SERVER"}  # fmt: skip
_MANY_WORDS = {"OBJECT_FDW": 3, "OBJECT_FOREIGN_SERVER": 2}
"""How many words stand between ON and the objects, where it is not one."""
_ANY_OF = {"OBJECT_TABLE": ANY_RELATION, "OBJECT_FUNCTION": ANY_ROUTINE}
"""GRANT ON x and GRANT ON TABLE x may name a relation of any kind, GRANT ON FUNCTION also an aggregate."""

GRANTEES = """(SELECT 0::oid AS oid, 'PUBLIC' AS word, NULL::name AS name
                   UNION ALL SELECT oid, NULL, rolname FROM pg_roles
                   UNION ALL SELECT oid, 'CURRENT_USER', NULL FROM pg_roles WHERE rolname = current_user
                   UNION ALL SELECT oid, 'SESSION_USER', NULL FROM pg_roles WHERE rolname = session_user)"""
"""Who may be granted something, under each name that he may be declared by: by a word, else by his own."""


def _objects(version: int) -> str:
    """What has privileges of its own: classid, objid, column, owner, the privileges, and those it would have."""
    made = [
        f"SELECT '{catalog}'::regclass::oid AS classid, oid AS objid, NULL::name AS attname, {owner} AS owner, "
        f"{acl} AS acl, acldefault({letter}, {owner}) AS usual FROM {catalog} "
        f"WHERE {acl} IS NOT NULL AND oid >= {FIRST_OID} AND {condition}"
        for catalog, owner, acl, letter, condition in _GRANTED
    ]
    made.append(
        "SELECT 'pg_class'::regclass, attrelid, attname, relowner, attacl, NULL FROM pg_attribute "
        f"JOIN pg_class ON pg_class.oid = attrelid WHERE attacl IS NOT NULL AND attrelid >= {FIRST_OID} "
        "AND NOT attisdropped"
    )
    public = ["USAGE"] if version >= 150000 else ["USAGE", "CREATE"]
    items = " || ".join(f"makeaclitem(0, nspowner, '{word}', false)" for word in public)
    made.append(
        "SELECT 'pg_namespace'::regclass, oid, NULL, nspowner, coalesce(nspacl, acldefault('n', nspowner)), "
        f"acldefault('n', nspowner) || {items} FROM pg_namespace WHERE nspname = 'public'"
    )
    return " UNION ALL ".join(made)


def grantees(node: Node) -> list[str]:
    """Who is granted something by a GrantStmt, each as the name of an aspect has him."""
    found = [role(item["RoleSpec"]) for item in node["grantees"]]
    return ["CURRENT_USER" if name == "CURRENT_ROLE" else name for name in found]


def each_grantee(text: str, count: int) -> tuple[list[Word], list[str], str]:
    """The words of a GRANT or REVOKE up to TO or FROM, each grantee as it is written, and what stands behind them."""
    words = words_of(text)
    on = next(place for place, word in enumerate(words) if word.is_("on"))
    to = next(place for place, word in enumerate(words) if place > on and word.is_("to", "from"))
    last = to + 1
    for _ in range(count - 1):
        last = next(place for place, word in enumerate(words) if place > last and word.is_(",")) + 1
    last += words[last].is_("group")
    return words[: to + 1], listed(text, words[to + 1 : last + 1]), text[words[last].end :]


def _single(text: str, tree: Node, count: int) -> list[str]:
    """One statement for each object and grantee of a GRANT or REVOKE."""
    words, roles, tail = each_grantee(text, count)
    on = next(place for place, word in enumerate(words) if word.is_("on"))
    leading = words[on + 1].is_("table") if tree["objtype"] == "OBJECT_TABLE" else _MANY_WORDS.get(tree["objtype"], 1)
    first, to = on + 1 + leading, len(words) - 1
    head, between = text[: words[first].start], text[words[to - 1].end : words[to].end]
    return [f"{head}{name}{between} {role}{tail}" for name in listed(text, words[first:to]) for role in roles]


def opposite(text: str) -> str:
    """A REVOKE for the GRANT to one grantee, a GRANT for the REVOKE; '' of another statement."""
    verb, second, *_ = words_of(text)
    if not verb.is_("grant", "revoke") or second.is_("grant"):
        return ""
    words, (name,), _ = each_grantee(text, 1)
    what = text[verb.end : words[-1].start]
    return f"REVOKE{what}FROM {name}" if verb.is_("grant") else f"GRANT{what}TO {name}"


def privileges(name: str, grantee: str, on: str, items: Sequence[str], before: str = "") -> Aspect | None:
    """What a grantee has and what of the default he has not, as an aspect; ``before`` stands before each statement.

    An item is a privilege, and a column, behind a mark: ``+`` or ``*`` (may grant it) where he has it, ``-`` where he
    has it by default.
    """
    # the mark * comes before +, so that it wins where several grantors gave the privilege
    has = {item[2:]: item[0] == "*" for item in sorted(items, reverse=True) if item[0] != "-"}
    usual = {item[2:] for item in items if item[0] == "-"}
    do, undo = [], []
    for item in dict.fromkeys(item[2:] for item in items):
        if item in usual and has.get(item) is False:
            continue
        right, _, column = item.partition(" ")
        what = f"{right} ({ident(column)}) {on}" if column else f"{right} {on}"
        give, take = f"{before}GRANT {what} TO {grantee}", f"{before}REVOKE {what} FROM {grantee}"
        if item not in has:
            do.append(take)
            undo.append(give)
        else:
            do.append(f"{give} WITH GRANT OPTION" if has[item] else give)
            undo.append(f"{before}REVOKE GRANT OPTION FOR {what} FROM {grantee}" if item in usual else take)
    return Aspect(name, tuple(do), tuple(undo), adds=True) if do else None


class GrantKind(AspectKind):
    """What a grantee has beyond the default, and what of the default was taken from him.

    It is what the owner gave, or who reads: what a third gave with his grant option is his affair, and PostgreSQL lets
    nobody else take it back. Where nothing was ever granted (acl NULL) the defaults hold. Who reads stands there by his
    name and as CURRENT_USER and SESSION_USER too, so that a declaration may say either.
    """

    name, rank, several, whole, rights = "grant", 20, True, True, True

    def query(self, version: int) -> str:
        return f"""
        SELECT o.classid, o.objid, '', CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE '' END,
               CASE WHEN c.relkind = 'S' THEN c.oid::regclass::text ELSE '' END, r.word, r.name,
               array_agg(concat_ws(' ', CASE WHEN x.usual THEN '-' WHEN x.is_grantable THEN '*' ELSE '+' END,
                                   x.privilege_type, o.attname)
                         ORDER BY o.attname COLLATE "C" NULLS FIRST, x.privilege_type COLLATE "C")
        FROM ({_objects(version)}) o
             CROSS JOIN LATERAL (SELECT h.grantee, h.privilege_type, h.is_grantable, false FROM aclexplode(o.acl) h
                                 WHERE h.grantor = o.owner OR h.grantor = (SELECT oid FROM pg_roles
                                                                           WHERE rolname = current_user)
                                 UNION ALL
                                 SELECT d.grantee, d.privilege_type, d.is_grantable, true FROM aclexplode(o.usual) d
                                ) x (grantee, privilege_type, is_grantable, usual)
             JOIN {GRANTEES} r ON r.oid = x.grantee
             LEFT JOIN pg_class c ON o.classid = 'pg_class'::regclass AND c.oid = o.objid
        GROUP BY o.classid, o.objid, r.word, r.name, c.relkind, c.oid"""

    def said_by(self, statement: Statement) -> Sequence[tuple[Address, str, str]]:
        tree = statement.tree
        if statement.node != "GrantStmt" or tree["targtype"] != "ACL_TARGET_OBJECT":
            return ()
        any_of = _ANY_OF.get(tree["objtype"])
        objects = [
            Address(any_of, *named(node)) if any_of else spoken_of(tree["objtype"], node) for node in tree["objects"]
        ]
        names = [f"grant to {name}" for name in grantees(tree)]
        pairs = [(address, name) for address in objects for name in names]
        texts = [statement.text] if len(pairs) == 1 else _single(statement.text, tree, len(names))
        return [(*pair, text) for pair, text in zip(pairs, texts, strict=True)]

    def undone(self, text: str) -> str:
        return opposite(text)

    def owns(self, aspect: str) -> bool:
        return super().owns(aspect) and aspect not in ("grant to CURRENT_USER", "grant to SESSION_USER")

    def read(self, word: str, identity: str, column: str, values: Sequence[Any]) -> Aspect | None:
        known, name, items = values
        grantee = known or ident(name)
        on = f"ON {_WORDS.get(word, word)} {identity.replace('(*)', '()')}"
        return privileges(f"grant to {grantee}", grantee, on, items)


KIND = GrantKind()


@entity
class Grant(TablePart):
    """What is granted on an object that is there, with the terms of GRANT; in ``__table_args__`` or in `register`.

    >>> print(Grant(["select", "update"], on="shop.order", to=["clerk", "public"], columns=["state"]).sql, end="")
    GRANT SELECT (state), UPDATE (state) ON shop."order" TO clerk, PUBLIC;
    >>> print(Grant("usage", on="shop", kind="schema", to="clerk", grantable=True).sql, end="")
    GRANT USAGE ON SCHEMA shop TO clerk WITH GRANT OPTION;
    >>> print(Grant("execute", on="pay(integer)", kind="function", to="public", revoke=True).sql, end="")
    REVOKE EXECUTE ON FUNCTION pay(integer) FROM PUBLIC;

    A declared pair of object and grantee is exactly as declared: what else was granted to him there is taken back.
    Pairs that nobody declares are left alone, unless ``alembic_ext={"manage": ["grant"]}`` says otherwise.

    Args:
        privileges: one or several: ``"select"``, ``["select", "update (price)"]``; ``"all"``.
        on: a mapped class, a Table, one of alembic-ext's objects, or a name: ``"order"``, ``"shop.order"``. Not needed
            in ``__table_args__``.
        to: a role or several; ``"public"`` and ``"current_user"`` are understood.
        kind: of what ``on`` is the name, where it is no relation: ``"schema"``, ``"sequence"``, ``"function"``,
            ``"procedure"``, ``"routine"``, ``"type"``, ``"domain"``, ``"language"``, ``"foreign data wrapper"``,
            ``"foreign server"``.
        columns: of the relation, as names or as attributes of a mapped class: the privileges are for these alone.
        grantable: WITH GRANT OPTION.
        revoke: the privileges are taken away: of what everybody has by default, say.

    https://www.postgresql.org/docs/current/sql-grant.html
    """

    KIND = KIND  # type: ignore[assignment]  # an aspect of objects of many kinds

    privileges: str | Sequence[str]
    _: KW_ONLY
    on: Any = field(default=None, hash=False)
    to: str | Sequence[str]
    kind: str | None = None
    columns: Sequence[Any] = field(default=(), hash=False)
    grantable: bool = False
    revoke: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("kind", self.kind, *_KINDS)
        if not self.privileges or not self.to:
            raise self._invalid("nothing is granted, or to nobody", 'give privileges, "all" perhaps, and to=…')
        if self.grantable and self.revoke:
            raise self._invalid("what is revoked cannot be granted on", "give grantable or revoke")

    @classmethod
    def _made_by(cls, statement: Statement) -> bool:
        return statement.node == "GrantStmt"

    @classmethod
    def _read(cls, _: Node) -> dict[str, Any]:
        return {}

    def _statements(self) -> tuple[str, ...]:
        return (
            given_text(self.privileges, f"ON {self._object()}", self.to, self.columns, self.grantable, self.revoke),
        )

    def _object(self) -> str:
        if self.kind is not None:
            name = str(self.on)
            return f"{self.kind.upper()} {name if _SPELLED.search(name) else ident(*name.split('.'))}"
        if isinstance(self.on, Entity) and not isinstance(self.on, TablePart):
            (made, *_) = split(self.on.statements()[0])
            kind, address = self.on.KIND, self.on.KIND.spelled(made.tree)
            args = "" if kind.identified_by != "arguments" else f"({', '.join(address.args or ())})"
            return f"{_WORDS.get(kind.title, kind.title)} {ident(*address.names)}{args}"
        return self._relation(self.on)


_SPELLED = re.compile(r'[("]')
"""What tells that a name is SQL already."""

_KINDS = ("schema", "sequence", "function", "procedure", "routine", "type", "domain", "language",
          "foreign data wrapper", "foreign server", "table")  # fmt: skip


def given_text(
    privileges: str | Sequence[str],
    on: str,
    to: str | Sequence[str],
    columns: Sequence[Any],
    grantable: bool,
    revoke: bool,
) -> str:
    """A GRANT or REVOKE."""
    names = ", ".join(ident(getattr(column, "name", column)) for column in columns)
    given = [privileges] if isinstance(privileges, str) else privileges
    words = [word if "(" in word else word.upper() + (f" ({names})" if names else "") for word in given]
    roles = ", ".join(role_name(name) for name in ([to] if isinstance(to, str) else to))
    what = f"{', '.join(words)} {on}"
    return f"REVOKE {what} FROM {roles}" if revoke else f"GRANT {what} TO {roles}{' WITH GRANT OPTION' * grantable}"
