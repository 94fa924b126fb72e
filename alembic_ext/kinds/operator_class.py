"""Operator classes.

https://www.postgresql.org/docs/current/sql-createopclass.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY
from types import MappingProxyType

from alembic_ext.entity import entity
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.kinds._operators import (
    OF_CLASS,
    ORDER,
    DeclaredMembers,
    OfAccessMethod,
    members,
    of_family,
    taken_out,
)
from alembic_ext.model import Address, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import Node, strings

_FAMILY = "format('%I.%I USING %I', s.nspname, f.opfname, m.amname)"
# Of several classes for one type in one family, the loose members of that type go with the one that has others.
_FIRST = f"""c.oid = (SELECT k.oid FROM pg_opclass k WHERE k.opcfamily = c.opcfamily AND k.opcintype = c.opcintype
                       ORDER BY EXISTS (SELECT FROM pg_depend d WHERE {OF_CLASS.replace("c.oid", "k.oid")}
                                        AND d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)) DESC,
                                k.opcname COLLATE "C", k.opcnamespace::regnamespace::text COLLATE "C" LIMIT 1)"""
_LOOSE = f"({of_family('f.oid')} AND x.LEFT = c.opcintype AND x.RIGHT = c.opcintype AND {_FIRST})"


def _create(texts: str) -> str:
    # A class without members stores the type that it is for: the list cannot be empty.
    storage = f"coalesce(nullif(c.opckeytype, 0)::regtype, CASE WHEN {texts} IS NULL THEN c.opcintype::regtype END)"
    return f"""format(E'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS\\n    %s',
                      n.nspname, c.opcname, CASE WHEN c.opcdefault THEN ' DEFAULT' END, c.opcintype::regtype, m.amname,
                      s.nspname, f.opfname, concat_ws(E',\\n    ', 'STORAGE ' || {storage}, {texts}))"""


class OperatorClassKind(OfAccessMethod):
    """Its operators and functions are its definition; its family stands before it.

    Some of the members that were named with it belong to the family as PostgreSQL sees it: they stay there when the
    class is dropped, and can come and go without it. These are the facts. What sorts or groups by a type depends on
    operators of its default class, not on that.
    """

    name, catalog, rank, managed = "operator class", "pg_opclass", 34, True
    sign, recorded, implicit = "true", False, True
    object_type = "OBJECT_OPCLASS"
    owner = "opcowner"
    nodes = MappingProxyType({"CreateOpClassStmt": ""})
    select = f"""
        SELECT c.oid, n.nspname, c.opcname, m.amname, {_create("y.texts")}, '{{}}'::text[], '', {_create("x.texts")},
               z.texts, z.gone
        FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
             JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_namespace s ON s.oid = f.opfnamespace
             CROSS JOIN LATERAL (SELECT string_agg(x.text, E',\\n    ' ORDER BY {ORDER})
                                 FROM {members(OF_CLASS)}) x (texts)
             CROSS JOIN LATERAL (SELECT string_agg(x.text, E',\\n    ' ORDER BY {ORDER})
                                 FROM {members(f"({OF_CLASS} OR {_LOOSE})")}) y (texts)
             CROSS JOIN LATERAL (
               SELECT ARRAY(SELECT format('ALTER OPERATOR FAMILY %s ADD %s', {_FAMILY}, x.text)
                            FROM {members(_LOOSE)} ORDER BY {ORDER}),
                      ARRAY(SELECT {taken_out(_FAMILY)} FROM {members(_LOOSE)} ORDER BY {ORDER})) z (texts, gone)
        WHERE {NAMED_BY_USER} AND {own("pg_opclass", "c.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["amname"], *strings(tree["opclassname"])))

    def implied(self, tree: Node) -> Sequence[str]:
        if "opfamilyname" in tree:
            return ()
        return (f"CREATE OPERATOR FAMILY {ident(*strings(tree['opclassname']))} USING {ident(tree['amname'])}",)

    def drops(self, stored: Stored) -> Sequence[str]:
        *_, gone = stored.facts
        return (self.drop(stored.key), *gone)

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        (fixed, there, gone), (other, wanted, _) = old.facts, new.facts
        if fixed != other:
            return None
        taken = [drop for add, drop in zip(there, gone, strict=True) if add not in wanted]
        return (*taken, *(add for add in wanted if add not in there))


KIND = OperatorClassKind()


@entity
class OperatorClass(DeclaredMembers):
    """An operator class, with the terms of CREATE OPERATOR CLASS.

    >>> print(OperatorClass("pair_ops", for_type="pair", using="btree", default=True, operators={1: "<%", 3: "=%"},
    ...                     functions={1: "compare(pair, pair)"}).sql, end="")
    CREATE OPERATOR CLASS pair_ops DEFAULT FOR TYPE pair USING btree AS
        OPERATOR 1 <%,
        OPERATOR 3 =%,
        FUNCTION 1 compare(pair, pair);

    Args:
        name: its name, without its schema.
        for_type: the type of the column that an index with it is on.
        using: the access method of the index: ``btree``, ``gist``.
        operators: strategy number to operator, ``{1: "<", 2: "<= (a, b)", 15: "<-> FOR ORDER BY float_ops"}``.
        functions: support number to function with the types of its arguments, ``{1: "compare(a, b)"}``; the number may
            have types too, ``{"1 (a, b)": "compare(a, b)"}``.
        storage: the type that is stored in the index, if it is another.
        default: whether it is used where none is named.
        family: the name of its family, as SQL; where none is given one of its own name is made.
        schema: None is the default schema.
        comment: text of COMMENT ON OPERATOR CLASS.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createopclass.html
    """

    KIND = KIND

    _: KW_ONLY
    for_type: str
    storage: str | None = None
    default: bool = False
    family: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.operators or self.functions or self.storage):
            raise self._invalid("it has no members", "give operators=…, functions=… or storage=…")

    def _statements(self) -> tuple[str, ...]:
        head = (
            f"CREATE OPERATOR CLASS {ident(self.schema or '', self.name)}{' DEFAULT' * self.default} "
            f"FOR TYPE {self.for_type} USING {ident(self.using)}{f' FAMILY {self.family}' if self.family else ''} AS"
        )
        items = [*self._members(), *([f"STORAGE {self.storage}"] if self.storage else [])]
        return (f"{head}\n    " + ",\n    ".join(items), *self._attached())
