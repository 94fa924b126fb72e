"""Operator families, with the members that belong to no class of theirs.

https://www.postgresql.org/docs/current/sql-createopfamily.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.entity import entity
from alembic_ext.kinds._common import NAMED_BY_USER, own
from alembic_ext.kinds._operators import ORDER, DeclaredMembers, OfAccessMethod, members, of_family, taken_out
from alembic_ext.model import Address
from alembic_ext.sqltext.parsetree import Node, strings

_OF_A_CLASS = "x.LEFT = x.RIGHT AND x.LEFT IN (SELECT c.opcintype FROM pg_opclass c WHERE c.opcfamily = f.oid)"
_MEMBERS = members(f"{of_family('f.oid')} AND NOT ({_OF_A_CLASS})")
_NAME = "format('%I.%I USING %I', n.nspname, f.opfname, m.amname)"


class OperatorFamilyKind(OfAccessMethod):
    """Each loose member is a piece of state; one whose types are those of a class of the family belongs to that."""

    name, catalog, rank, managed = "operator family", "pg_opfamily", 33, True
    sign = "true"
    object_type = "OBJECT_OPFAMILY"
    owner = "opfowner"
    nodes = MappingProxyType({"CreateOpFamilyStmt": ""})
    select = f"""
        SELECT f.oid, n.nspname, f.opfname, m.amname, 'CREATE OPERATOR FAMILY ' || {_NAME},
               ARRAY(SELECT unnest(ARRAY[x.text, format('ALTER OPERATOR FAMILY %s ADD %s', {_NAME}, x.text),
                                         {taken_out(_NAME)}])
                     FROM {_MEMBERS} ORDER BY {ORDER}), ''
        FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
        WHERE {NAMED_BY_USER} AND {own("pg_opfamily", "f.oid")}"""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, (tree["amname"], *strings(tree["opfamilyname"])))

    def altered_by(self, node: str, tree: Node) -> Address | None:
        if node == "AlterOpFamilyStmt" and not tree.get("isDrop"):
            return self.spelled(tree)
        return super().altered_by(node, tree)


KIND = OperatorFamilyKind()


@entity
class OperatorFamily(DeclaredMembers):
    """An operator family, with the terms of CREATE and ALTER OPERATOR FAMILY.

    >>> print(OperatorFamily("pair_ops", using="btree", operators={3: "=% (pair, integer)"},
    ...                      functions={"1 (pair, integer)": "compare(pair, integer)"}).sql, end="")
    CREATE OPERATOR FAMILY pair_ops USING btree;
    ALTER OPERATOR FAMILY pair_ops USING btree ADD
        OPERATOR 3 =% (pair, integer),
        FUNCTION 1 (pair, integer) compare(pair, integer);

    Args:
        name: its name, without its schema.
        using: the access method of the indexes: ``btree``, ``gist``.
        operators: the operators that belong to none of its classes, with the types of their operands, by their
            strategy numbers; where one has several, a list of them.
        functions: the functions that belong to none of its classes, by their support numbers and types.
        schema: None is the default schema.
        comment: text of COMMENT ON OPERATOR FAMILY.
        owner: a role.

    https://www.postgresql.org/docs/current/sql-alteropfamily.html
    """

    KIND = KIND

    def _statements(self) -> tuple[str, ...]:
        items = ",\n    ".join(self._members())
        return (
            f"CREATE OPERATOR FAMILY {self._identity()}",
            *([f"ALTER OPERATOR FAMILY {self._identity()} ADD\n    {items}"] if items else []),
            *self._attached(),
        )
