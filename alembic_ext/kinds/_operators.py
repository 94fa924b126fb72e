"""What operator families and classes share: they belong to an index access method, which their names end in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field
from typing import Any

from alembic_ext.entity import Entity, comment_on, entity, owned_by
from alembic_ext.kinds import Kind
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident


class OfAccessMethod(Kind):
    """Its key has the access method as detail: ``public.x USING btree``."""

    identified_by = "method"
    rows = ("pg_amop", "pg_amproc")

    def identity(self, key: Key) -> str:
        return f"{ident(key.schema, key.name)} USING {ident(key.detail)}"

    def address(self, key: Key) -> Address:
        return Address(self.name, (key.detail, *filter(None, (key.schema, key.name))))


ORDER = 'x.what, x.number, x.lefttype COLLATE "C", x.righttype COLLATE "C"'
"""The order of `members`."""
OF_CLASS = "d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid"
"""A condition for `members`: it goes with the class ``c``."""


def of_family(family: str) -> str:
    """A condition for `members`: it goes with no class, but with the family of this oid.

    So do members of which an index could do without, though they were named with a class (amadjustmembers).
    """
    return f"d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = {family} AND d.deptype = 'a'"


def members(owner: str) -> str:
    """What is in a class or a family, as a FROM item ``x``: the text, and what to sort by.

    These are rows of pg_amop and pg_amproc; ``owner`` is a condition on their dependency ``d`` and their types, which
    are ``x.LEFT`` and ``x.RIGHT`` in it.
    """
    depends = "JOIN pg_depend d ON d.objid = x.oid AND d.objsubid = 0 AND d.classid"
    operators = f"""
            SELECT format('OPERATOR %s %s%s', x.amopstrategy, x.amopopr::regoperator,
                          (SELECT format(' FOR ORDER BY %I.%I', s.nspname, f.opfname) FROM pg_opfamily f
                           JOIN pg_namespace s ON s.oid = f.opfnamespace WHERE f.oid = x.amopsortfamily)),
                   1, x.amopstrategy, x.amoplefttype::regtype::text, x.amoprighttype::regtype::text
            FROM pg_amop x {depends} = 'pg_amop'::regclass
            WHERE {owner.replace("LEFT", "amoplefttype").replace("RIGHT", "amoprighttype")}"""
    functions = f"""
            SELECT format('FUNCTION %s (%s, %s) %s', x.amprocnum, x.amproclefttype::regtype, x.amprocrighttype::regtype,
                          x.amproc::oid::regprocedure),
                   2, x.amprocnum, x.amproclefttype::regtype::text, x.amprocrighttype::regtype::text
            FROM pg_amproc x {depends} = 'pg_amproc'::regclass
            WHERE {owner.replace("LEFT", "amproclefttype").replace("RIGHT", "amprocrighttype")}"""
    return f"({operators} UNION ALL {functions}) x (text, what, number, lefttype, righttype)"


def taken_out(family: str) -> str:
    """The statement, as SQL, that takes the member ``x`` out of a family, given as SQL for its name and method."""
    return f"""format('ALTER OPERATOR FAMILY %s DROP %s %s (%s, %s)', {family},
                              CASE x.what WHEN 1 THEN 'OPERATOR' ELSE 'FUNCTION' END, x.number, x.lefttype,
                              x.righttype)"""


Members = Mapping["int | str", "str | Sequence[str]"]
"""Number to operator or function: ``{1: "<%"}``; where one has several, a list of them."""


@entity
class DeclaredMembers(Entity):
    """An operator class or family."""

    name: str
    _: KW_ONLY
    using: str
    operators: Members = field(default_factory=dict, hash=False)
    functions: Members = field(default_factory=dict, hash=False)
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        using, *schema, name = cls.KIND.spelled(tree).names
        return {"name": name, "using": using, "schema": schema[-1] if schema else None}

    def _identity(self) -> str:
        return f"{ident(self.schema or '', self.name)} USING {ident(self.using)}"

    def _members(self) -> Iterator[str]:
        for word, given in (("OPERATOR", self.operators), ("FUNCTION", self.functions)):
            for number, some in given.items():
                yield from (f"{word} {number} {one}" for one in ([some] if isinstance(some, str) else some))

    def _attached(self) -> Iterator[str]:
        yield from comment_on(self.KIND.title, self._identity(), self.comment)
        yield from owned_by(self.KIND.title, self._identity(), self.owner)
