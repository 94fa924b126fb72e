"""What operator families and classes share: they belong to an index access method, which their names end in."""

from __future__ import annotations

from alembic_ext.kinds import Kind
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident


class OfAccessMethod(Kind):
    """Its key has the access method as detail: ``public.x USING btree``."""

    def identity(self, key: Key) -> str:
        return f"{ident(key.schema, key.name)} USING {ident(key.detail)}"

    def address(self, key: Key) -> Address:
        return Address(self.name, (key.detail, key.schema, key.name))


ORDER = 'x.what, x.number, x.lefttype COLLATE "C", x.righttype COLLATE "C"'
"""The order of `members`."""


def members(owner: str) -> str:
    """What is in a class or a family, as a FROM item ``x``: the text, and what to sort by.

    These are rows of pg_amop and pg_amproc; ``owner`` is a condition on their dependency ``d``.
    """
    depends = "JOIN pg_depend d ON d.objid = x.oid AND d.objsubid = 0 AND d.classid"
    operators = f"""
            SELECT format('OPERATOR %s %s%s', x.amopstrategy, x.amopopr::regoperator,
                          (SELECT format(' FOR ORDER BY %I.%I', s.nspname, f.opfname) FROM pg_opfamily f
                           JOIN pg_namespace s ON s.oid = f.opfnamespace WHERE f.oid = x.amopsortfamily)),
                   1, x.amopstrategy, x.amoplefttype::regtype::text, x.amoprighttype::regtype::text
            FROM pg_amop x {depends} = 'pg_amop'::regclass WHERE {owner}"""
    functions = f"""
            SELECT format('FUNCTION %s (%s, %s) %s', x.amprocnum, x.amproclefttype::regtype, x.amprocrighttype::regtype,
                          x.amproc::oid::regprocedure),
                   2, x.amprocnum, x.amproclefttype::regtype::text, x.amprocrighttype::regtype::text
            FROM pg_amproc x {depends} = 'pg_amproc'::regclass WHERE {owner}"""
    return f"({operators} UNION ALL {functions}) x (text, what, number, lefttype, righttype)"
