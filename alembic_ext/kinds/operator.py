"""Operators.

https://www.postgresql.org/docs/current/sql-createoperator.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, arguments, own
from alembic_ext.model import Address, Key, Stored
from alembic_ext.sqltext import ident
from alembic_ext.sqltext.parsetree import NO_TYPE, Node, strings, type_name


def _other(column: str) -> str:
    """Its commutator or negator, be it that only the other one names it: which does depends on the order of the two."""
    return f"""(SELECT format('OPERATOR(%I.%s)', s.nspname, x.oprname)
                FROM pg_operator x JOIN pg_namespace s ON s.oid = x.oprnamespace
                WHERE CASE WHEN o.{column} <> 0 THEN x.oid = o.{column} ELSE x.{column} = o.oid END
                ORDER BY s.nspname COLLATE "C", x.oprname COLLATE "C" LIMIT 1)"""


_ATTRIBUTES = ("COMMUTATOR", "NEGATOR", "RESTRICT", "JOIN", "HASHES", "MERGES")


class OperatorKind(Kind):
    """Its commutator or negator may come later: PostgreSQL leaves a shell for it, which is not read.

    Its facts are the server's version, what tells it, its attributes, each '' where it has none, and the shells.
    """

    name, catalog, rank, managed = "operator", "pg_operator", 32, True
    sign = "oprcode <> 0"
    identified_by, mutual, implicit = "arguments", True, True
    object_type = "OBJECT_OPERATOR"
    owner = "oprowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_OPERATOR"})
    select = f"""
        SELECT o.oid, n.nspname, o.oprname,
               format('(%s,%s)', coalesce(nullif(o.oprleft, 0)::regtype::text, '{NO_TYPE}'), o.oprright::regtype),
               format(E'CREATE OPERATOR %I.%s (\\n    %s\\n)', n.nspname, o.oprname, concat_ws(E',\\n    ',
                      'FUNCTION = ' || o.oprcode::regproc, 'LEFTARG = ' || nullif(o.oprleft, 0)::regtype,
                      'RIGHTARG = ' || o.oprright::regtype, 'COMMUTATOR = ' || x.commutator,
                      'NEGATOR = ' || x.negator, 'RESTRICT = ' || x.estimator, 'JOIN = ' || x.joining,
                      CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END)),
               '{{}}'::text[], '', current_setting('server_version_num')::integer, o.oprcode::regproc::text,
               coalesce(x.commutator, ''), coalesce(x.negator, ''), coalesce(x.estimator, ''),
               coalesce(x.joining, ''), CASE WHEN o.oprcanhash THEN 'true' ELSE '' END,
               CASE WHEN o.oprcanmerge THEN 'true' ELSE '' END,
               ARRAY(SELECT format('%I.%s (%s, %s)', s.nspname, x.oprname, x.oprleft::regtype, x.oprright::regtype)
                     FROM pg_operator x JOIN pg_namespace s ON s.oid = x.oprnamespace
                     WHERE x.oid IN (o.oprcom, o.oprnegate) AND x.oprcode = 0
                     ORDER BY s.nspname COLLATE "C", x.oprname COLLATE "C")
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
             CROSS JOIN LATERAL (
               SELECT {_other("oprcom")}, {_other("oprnegate")}, nullif(o.oprrest::oid, 0)::regproc::text,
                      nullif(o.oprjoin::oid, 0)::regproc::text) x (commutator, negator, estimator, joining)
        WHERE o.oprcode <> 0 AND {NAMED_BY_USER} AND {own("pg_operator", "o.oid")}"""

    def identity(self, key: Key) -> str:
        schema = f"{ident(key.schema)}." if key.schema else ""
        return f"{schema}{key.name} ({', '.join(arguments(key.detail))})"

    def address(self, key: Key) -> Address:
        return Address(self.name, tuple(filter(None, (key.schema, key.name))), tuple(arguments(key.detail)))

    def spelled(self, tree: Node) -> Address:
        given = {one["DefElem"]["defname"]: one["DefElem"].get("arg", {}) for one in tree["definition"]}
        sides = [given.get(side, {}).get("TypeName") for side in ("leftarg", "rightarg")]
        return Address(self.name, strings(tree["defnames"]), tuple(map(_side, sides)))

    def named(self, node: Node) -> Address:
        inner = node["ObjectWithArgs"]
        sides = [arg.get("TypeName") if arg else None for arg in inner["objargs"]]
        return Address(self.name, strings(inner["objname"]), tuple(map(_side, sides)))

    def drops(self, stored: Stored) -> Sequence[str]:
        """A shell that nobody has filled would stay."""
        return (self.drop(stored.key), *(f"DROP OPERATOR IF EXISTS {shell}" for shell in stored.facts[-1]))

    def alter(self, old: Stored, new: Stored) -> Sequence[str] | None:
        """Since PostgreSQL 17 attributes may be added; a commutator or negator is also set and reset by the other."""
        version, function, *before, _ = old.facts
        _, other, *after, _ = new.facts
        changed = {name: value for name, was, value in zip(_ATTRIBUTES, before, after, strict=True) if value != was}
        if function != other or any(not value for name, value in changed.items() if name in ("HASHES", "MERGES")):
            return None
        if version < 170000 and not changed.keys().isdisjoint(("HASHES", "MERGES")):
            return None
        ours = {
            name: value or "NONE"
            for name, value in changed.items()
            if name in ("RESTRICT", "JOIN") or (version >= 170000 and value)
        }
        words = ", ".join(f"{name} = {value}" for name, value in ours.items())
        return (f"ALTER OPERATOR {self.identity(new.key)} SET ({words})",) if words else ()


def _side(node: Node | None) -> str:
    return type_name(node) if node else NO_TYPE


KIND = OperatorKind()


@entity
class Operator(Entity):
    """An operator, with the terms of CREATE OPERATOR.

    >>> print(Operator("=%", leftarg="pair", rightarg="pair", function="same", commutator="=%",
    ...                hashes=True).sql, end="")
    CREATE OPERATOR =% (
        FUNCTION = same,
        LEFTARG = pair,
        RIGHTARG = pair,
        COMMUTATOR = =%,
        HASHES
    );

    Args:
        name: its name, without its schema.
        function: the name of the function that it calls, as SQL.
        leftarg: the type of its left operand; None where it is a prefix operator.
        rightarg: the type of its right operand.
        commutator: the operator that does the same with its operands exchanged, as SQL: ``>%``, ``OPERATOR(app.>%)``.
        negator: the operator that gives the opposite.
        restrict: the name of the function that estimates how many rows a condition with it leaves.
        join: the same for a join.
        hashes: whether it can be used for a hash join.
        merges: whether it can be used for a merge join.
        schema: None is the default schema.
        comment: text of COMMENT ON OPERATOR.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-createoperator.html
    """

    KIND = KIND

    name: str
    _: KW_ONLY
    function: str
    leftarg: str | None = None
    rightarg: str
    commutator: str | None = None
    negator: str | None = None
    restrict: str | None = None
    join: str | None = None
    hashes: bool = False
    merges: bool = False
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        address = cls.KIND.spelled(tree)
        left, right = (None if arg == NO_TYPE else arg for arg in address.args or ())
        return {**super()._read(tree), "leftarg": left, "rightarg": right}

    def _statements(self) -> tuple[str, ...]:
        name = (f"{ident(self.schema)}." if self.schema else "") + self.name
        given = {
            "FUNCTION": self.function,
            "LEFTARG": self.leftarg,
            "RIGHTARG": self.rightarg,
            "COMMUTATOR": self.commutator,
            "NEGATOR": self.negator,
            "RESTRICT": self.restrict,
            "JOIN": self.join,
        }
        items = [f"{word} = {value}" for word, value in given.items() if value is not None]
        items += ["HASHES"] * self.hashes + ["MERGES"] * self.merges
        identity = f"{name} ({self.leftarg or NO_TYPE}, {self.rightarg})"
        return (
            f"CREATE OPERATOR {name} (\n    " + ",\n    ".join(items) + "\n)",
            *comment_on("OPERATOR", identity, self.comment),
            *owned_by("OPERATOR", identity, self.owner),
        )
