"""Range types, each with its multirange type.

https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, field
from types import MappingProxyType
from typing import Any

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds._type import TypeKind, type_select, type_text
from alembic_ext.model import Stored
from alembic_ext.sqltext import ident, parts, split
from alembic_ext.sqltext.parsetree import Node, strings


class RangeTypeKind(TypeKind):
    """The constructor functions and the multirange type come with it. But for their names nothing of it can be altered:
    columns move. With a canonical function neither can be made or dropped alone.
    """

    name, rank, managed, moves, brings = "range type", 14, True, True, True
    sign = "typtype = 'r'"
    nodes = MappingProxyType({"CreateRangeStmt": ""})
    select = type_select(
        """format('CREATE TYPE %I.%I AS RANGE (%s)', n.nspname, t.typname, concat_ws(', ',
                  'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
                  CASE WHEN NOT o.opcdefault THEN format('SUBTYPE_OPCLASS = %I.%I', s.nspname, o.opcname) END,
                  CASE WHEN r.rngcollation <> 0 AND r.rngcollation <> b.typcollation
                       THEN 'COLLATION = ' || r.rngcollation::regcollation END,
                  CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical::regproc END,
                  CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::regproc END,
                  'MULTIRANGE_TYPE_NAME = ' || r.rngmultitypid::regtype))""",
        "t.typtype = 'r'",
        """JOIN pg_range r ON r.rngtypid = t.oid JOIN pg_type b ON b.oid = r.rngsubtype
           JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_namespace s ON s.oid = o.opcnamespace""",
        facts=(
            "r.rngmultitypid::regtype::text",
            # its constructors, and those of the multirange type, keep their names when it gets another
            """ARRAY(SELECT p.oid::regprocedure::text FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
                     WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass AND d.deptype = 'i'
                       AND d.refobjid IN (t.oid, r.rngmultitypid) ORDER BY 1)""",
            "CASE WHEN r.rngcanonical >= 16384 THEN pg_get_functiondef(r.rngcanonical) END",
        ),
    )
    links = """
        SELECT 'pg_proc'::regclass::oid, rngcanonical::oid, 0, 'pg_type'::regclass::oid, rngtypid, 0, 'i'
        FROM pg_range WHERE rngtypid >= 16384 AND rngcanonical >= 16384"""

    def types(self, stored: Stored) -> Sequence[str]:
        return self.identity(stored.key), stored.facts[0]

    def objection(self, tree: Node) -> tuple[str, str] | None:
        if _said(tree, "canonical"):
            return (
                "it has a canonical function, which is in C and takes the type itself: neither can be dropped without "
                "the other",
                "make both in an extension, or in a revision by hand; what is there is rebuilt for what uses it",
            )
        return None

    def rebuilt(self, stored: Stored) -> Sequence[str]:
        *_, canonical = stored.facts
        shell = (f"CREATE TYPE {self.identity(stored.key)}", canonical) if canonical else ()
        return (*shell, *super().rebuilt(stored))

    def brought(self, stored: Stored, name: str, text: str) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
        multirange, makers, _ = stored.facts
        schema, many = parts(multirange)
        *before, new = _said(split(text)[0].tree, "multirange_type_name") or (multirange_name(name),)
        if (before or [schema]) != [schema]:
            return (), (), {}
        wanted = {stored.key.name: name, many: new}
        there, back = [], []
        for maker in makers:
            called, _, types = maker.partition("(")
            place, old = parts(called)
            if wanted.get(old, old) != old:
                there.append(f"ALTER FUNCTION {maker} RENAME TO {ident(wanted[old])}")
                back.append(f"ALTER FUNCTION {ident(place, wanted[old])}({types} RENAME TO {ident(old)}")
        if new != many:
            there.append(f"ALTER TYPE {multirange} RENAME TO {ident(new)}")
            back.append(f"ALTER TYPE {ident(schema, new)} RENAME TO {ident(many)}")
        return tuple(there), tuple(reversed(back)), {} if new == many else {many: new}

    def step_aside(self, stored: Stored, name: str) -> Sequence[str]:
        multirange, makers, _ = stored.facts
        many = _clipped(name, 63 - len(_MANY)) + _MANY
        return (
            *(f"ALTER FUNCTION {maker} RENAME TO {ident(name)}" for maker in makers),
            f"ALTER TYPE {multirange} RENAME TO {ident(many)}",
            *super().step_aside(stored, name),
        )


def _said(tree: Node, option: str) -> tuple[str, ...]:
    """The names that an option of CREATE TYPE … AS RANGE has, or none."""
    found = (param["DefElem"] for param in tree.get("params", ()))
    return next((strings(one["arg"]["TypeName"]["names"]) for one in found if one["defname"] == option), ())


def multirange_name(name: str) -> str:
    """What PostgreSQL calls the multirange type of a range type of this name.

    >>> multirange_name("int_range_2"), multirange_name("span")
    ('int_multirange_2', 'span_multirange')
    """
    if "range" in name:
        return _clipped(name.replace("range", "multirange", 1), 63)
    return _clipped(name, 63 - len("_multirange")) + "_multirange"


def _clipped(name: str, size: int) -> str:
    return name.encode()[:size].decode("utf-8", "ignore")


_MANY = "_many"
KIND = RangeTypeKind()


@entity
class RangeType(Entity):
    """A range type and its multirange type, with the terms of CREATE TYPE … AS RANGE.

    >>> print(RangeType("floats", "float8", subtype_diff="float8mi").sql, end="")
    CREATE TYPE floats AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);

    Args:
        name: its name, without its schema.
        subtype: the type of its bounds, as SQL or as a type of SQLAlchemy's.
        subtype_opclass: a B-tree operator class that orders them, as SQL.
        collation: a collation as SQL: ``'"C"'``.
        canonical: a function that makes equal ranges look equal; PostgreSQL takes only one in C. One that has it can
            be made by an extension alone, or by hand.
        subtype_diff: a function that tells how far apart two bounds are.
        multirange_type_name: the name of its multirange type, as SQL.
        schema: None is the default schema.
        comment: text of COMMENT ON TYPE.
        owner: a role.
        grants: grantee to privileges: ``{"reader": "usage", "public": None}``; None takes all.

    https://www.postgresql.org/docs/current/sql-createtype.html
    """

    KIND = KIND

    name: str
    subtype: Any = field(hash=False)
    _: KW_ONLY
    subtype_opclass: str | None = None
    collation: str | None = None
    canonical: str | None = None
    subtype_diff: str | None = None
    multirange_type_name: str | None = None
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def _statements(self) -> tuple[str, ...]:
        name = ident(self.schema or "", self.name)
        terms = {
            "SUBTYPE": type_text(self.subtype, self.source),
            "SUBTYPE_OPCLASS": self.subtype_opclass,
            "COLLATION": self.collation,
            "CANONICAL": self.canonical,
            "SUBTYPE_DIFF": self.subtype_diff,
            "MULTIRANGE_TYPE_NAME": self.multirange_type_name,
        }
        said = ", ".join(f"{term} = {value}" for term, value in terms.items() if value is not None)
        return (
            f"CREATE TYPE {name} AS RANGE ({said})",
            *comment_on("TYPE", name, self.comment),
            *owned_by("TYPE", name, self.owner),
            *granted(f"TYPE {name}", self.grants),
        )
