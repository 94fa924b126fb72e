"""Casts. The one from a range type to its multirange comes with the range type.

https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Any, Literal

from alembic_ext.entity import Entity, comment_on, entity
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import own
from alembic_ext.model import Address, Key
from alembic_ext.sqltext.parsetree import Node, type_name

_TYPES = re.compile(r'\(((?:"(?:[^"]|"")*"|[^"])*?) AS ((?:"(?:[^"]|"")*"|[^"])*)\)')


class CastKind(Kind):
    """It has no name: what stands for one is ``(public.pair AS integer)``. It is never replaced in place."""

    name, catalog, rank, managed = "cast", "pg_cast", 38, True
    sign = "true"
    in_schema, identified_by, recorded, implicit = False, "types", False, True
    object_type = "OBJECT_CAST"
    nodes = MappingProxyType({"CreateCastStmt": ""})
    select = f"""
        SELECT c.oid, '', format('(%s AS %s)', c.castsource::regtype, c.casttarget::regtype), '',
               format('CREATE CAST (%s AS %s) %s%s', c.castsource::regtype, c.casttarget::regtype,
                      CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure
                                        WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
                      CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END),
               '{{}}'::text[], ''
        FROM pg_cast c
        WHERE {own("pg_cast", "c.oid")} AND NOT EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')"""

    def identity(self, key: Key) -> str:
        return key.name

    def address(self, key: Key) -> Address:
        found = _TYPES.fullmatch(key.name)
        assert found
        return Address(self.name, (found[1],), (found[2],))

    def called(self, *words: str) -> str:
        return f"({words[0]} AS {words[1]})"

    def spelled(self, tree: Node) -> Address:
        return self._between(tree["sourcetype"], tree["targettype"])

    def named(self, node: Node) -> Address:
        return self._between(*(item["TypeName"] for item in node["List"]["items"]))

    def _between(self, *nodes: Node) -> Address:
        types = tuple(map(type_name, nodes))
        return Address(self.name, (self.called(*types),), types)


KIND = CastKind()


@entity
class Cast(Entity):
    """A cast from one type to another, with the terms of CREATE CAST.

    >>> print(Cast("pair", "integer", function="first_of(pair)", context="assignment").sql, end="")
    CREATE CAST (pair AS integer) WITH FUNCTION first_of(pair) AS ASSIGNMENT;

    Args:
        source_type: the type of what is cast.
        target_type: the type that it becomes.
        function: the function that does it, with the types of its arguments: ``"first_of(pair)"``.
        inout: whether it is done by way of text, with the output and input functions of the types. Where neither this
            nor a function is given, the types have the same form (WITHOUT FUNCTION), and only a superuser may make it.
        context: ``"assignment"`` or ``"implicit"``: where it need not be written; None is nowhere.
        comment: text of COMMENT ON CAST.

    https://www.postgresql.org/docs/current/sql-createcast.html
    """

    KIND = KIND

    source_type: str
    target_type: str
    _: KW_ONLY
    function: str | None = None
    inout: bool = False
    context: Literal["assignment", "implicit"] | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("context", self.context, "assignment", "implicit")
        if self.function and self.inout:
            raise self._invalid("it is done by a function or by way of text", "give function=… or inout=True")

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        source, target = KIND.spelled(tree).args or ()
        return {"source_type": source, "target_type": target}

    def _statements(self) -> tuple[str, ...]:
        name = KIND.called(self.source_type, self.target_type)
        how = "WITH INOUT" if self.inout else f"WITH FUNCTION {self.function}" if self.function else "WITHOUT FUNCTION"
        context = f" AS {self.context.upper()}" if self.context else ""
        return (f"CREATE CAST {name} {how}{context}", *comment_on("CAST", name, self.comment))
