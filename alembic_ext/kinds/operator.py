"""Operators.

https://www.postgresql.org/docs/current/sql-createoperator.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds import Kind
from alembic_ext.kinds._common import NAMED_BY_USER, arguments, own
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident


def _other(column: str, word: str) -> str:
    return f"""(SELECT format('{word} = OPERATOR(%I.%s)', s.nspname, x.oprname)
                   FROM pg_operator x JOIN pg_namespace s ON s.oid = x.oprnamespace WHERE x.oid = o.{column})"""


class OperatorKind(Kind):
    """Its commutator or negator may come later: PostgreSQL leaves a shell for it."""

    name, catalog, rank = "operator", "pg_operator", 32
    sign = "oprcode <> 0"
    identified_by = "arguments"
    object_type = "OBJECT_OPERATOR"
    owner = "oprowner"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_OPERATOR"})
    select = f"""
        SELECT o.oid, n.nspname, o.oprname,
               format('(%s,%s)', coalesce(nullif(o.oprleft, 0)::regtype::text, 'NONE'), o.oprright::regtype),
               format(E'CREATE OPERATOR %I.%s (\\n    %s\\n)', n.nspname, o.oprname, concat_ws(E',\\n    ',
                      'FUNCTION = ' || o.oprcode::regproc, 'LEFTARG = ' || nullif(o.oprleft, 0)::regtype,
                      'RIGHTARG = ' || o.oprright::regtype, {_other("oprcom", "COMMUTATOR")},
                      {_other("oprnegate", "NEGATOR")}, 'RESTRICT = ' || nullif(o.oprrest::oid, 0)::regproc,
                      'JOIN = ' || nullif(o.oprjoin::oid, 0)::regproc, CASE WHEN o.oprcanhash THEN 'HASHES' END,
                      CASE WHEN o.oprcanmerge THEN 'MERGES' END)), '{{}}'::text[], ''
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE o.oprcode <> 0 AND {NAMED_BY_USER} AND {own("pg_operator", "o.oid")}"""

    def identity(self, key: Key) -> str:
        return f"{ident(key.schema)}.{key.name} ({', '.join(arguments(key.detail))})"

    def address(self, key: Key) -> Address:
        return Address(self.name, tuple(filter(None, (key.schema, key.name))), tuple(arguments(key.detail)))


KIND = OperatorKind()
