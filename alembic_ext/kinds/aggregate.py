"""Aggregate functions, ordered-set and hypothetical-set ones included.

https://www.postgresql.org/docs/current/sql-createaggregate.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from alembic_ext.entity import Entity, Grants, comment_on, entity, granted, owned_by
from alembic_ext.kinds._common import NAMED_BY_USER, ROUTINE_DETAIL, Routine, follows_extensions, own
from alembic_ext.model import Address, Key
from alembic_ext.sqltext import ident, literal, split
from alembic_ext.sqltext.edit import or_replace
from alembic_ext.sqltext.parsetree import Node, parameter_types, strings, type_name

if TYPE_CHECKING:
    from alembic_ext.kinds.function import Function

_MODIFY = "CASE {} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END"
# Hypothetical-set and ordered-set aggregates have READ_WRITE as default, plain ones READ_ONLY.
_DEFAULT = "CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END"


def _modify(column: str, function: str, word: str) -> str:
    value = _MODIFY.format(f"a.{column}")
    return f"CASE WHEN a.{function} <> 0 AND a.{column} <> {_DEFAULT} THEN '{word} = ' || {value} END"


def _function(column: str, word: str) -> str:
    return f"CASE WHEN a.{column} <> 0 THEN '{word} = ' || format('%I.%I', s{column}.nspname, {column}.proname) END"


def _join(column: str) -> str:
    return (
        f"LEFT JOIN pg_proc {column} ON {column}.oid = a.{column} "
        f"LEFT JOIN pg_namespace s{column} ON s{column}.oid = {column}.pronamespace"
    )


_FUNCTIONS = (
    "aggtransfn", "aggfinalfn", "aggcombinefn", "aggserialfn", "aggdeserialfn", "aggmtransfn", "aggminvtransfn",
    "aggmfinalfn",
)  # fmt: skip


class AggregateKind(Routine):
    """Replaced in place where its result and its kind stay: ordinary, ordered-set or hypothetical-set."""

    name, catalog, rank, managed = "aggregate", "pg_proc", 35, True
    opaque = False
    sign = "prokind = 'a'"
    object_type = "OBJECT_AGGREGATE"
    nodes = MappingProxyType({"DefineStmt": "kind=OBJECT_AGGREGATE"})
    select = f"""
        SELECT p.oid, n.nspname, p.proname, {ROUTINE_DETAIL},
               format(E'CREATE AGGREGATE %I.%I(%s) (\\n    %s\\n)', n.nspname, p.proname,
                      coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'),
                      concat_ws(E',\\n    ',
                        {_function("aggtransfn", "SFUNC")},
                        'STYPE = ' || format_type(a.aggtranstype, NULL),
                        CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE = ' || a.aggtransspace END,
                        {_function("aggfinalfn", "FINALFUNC")},
                        CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                        {_modify("aggfinalmodify", "aggfinalfn", "FINALFUNC_MODIFY")},
                        {_function("aggcombinefn", "COMBINEFUNC")},
                        {_function("aggserialfn", "SERIALFUNC")},
                        {_function("aggdeserialfn", "DESERIALFUNC")},
                        'INITCOND = ' || quote_literal(a.agginitval),
                        {_function("aggmtransfn", "MSFUNC")},
                        {_function("aggminvtransfn", "MINVFUNC")},
                        CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
                        CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
                        {_function("aggmfinalfn", "MFINALFUNC")},
                        CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
                        {_modify("aggmfinalmodify", "aggmfinalfn", "MFINALFUNC_MODIFY")},
                        'MINITCOND = ' || quote_literal(a.aggminitval),
                        (SELECT format('SORTOP = OPERATOR(%I.%s)', s.nspname, o.oprname)
                         FROM pg_operator o JOIN pg_namespace s ON s.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
                        CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
                        CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END)),
               {follows_extensions("pg_proc", "p.oid", "'ALTER ROUTINE ' || p.oid::regprocedure")}, ''
        FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
             {" ".join(_join(column) for column in _FUNCTIONS)}
        WHERE {NAMED_BY_USER} AND {own("pg_proc", "p.oid")}"""

    def identity(self, key: Key) -> str:
        return ident(key.schema, key.name) + (key.detail if key.detail != "()" else "(*)")

    def spelled(self, tree: Node) -> Address:
        names = strings(tree["defnames"])
        if tree.get("oldstyle"):
            return Address(self.name, names, _base_type(tree))
        return Address(self.name, names, parameter_types(tree["args"][0].get("List", {}).get("items", ())))

    def replace(self, create: str) -> str | None:
        return or_replace(create)


def _base_type(tree: Node) -> tuple[str, ...]:
    """The type of the one argument, as the syntax before PostgreSQL 8.2 gives it; ``ANY`` is none."""
    for item in tree["definition"]:
        if item["DefElem"]["defname"].lower() == "basetype":
            ((what, given),) = item["DefElem"]["arg"].items()
            name = type_name(given) if what == "TypeName" else ident(str(given.get("sval", "")))
            return () if name.strip('"').lower() == "any" else (name,)
    return ()


KIND = AggregateKind()

_SIGNATURE = re.compile(r'\s*((?:"(?:[^"]|"")*"|[^\s("])+)\s*(\(.*\))\s*', re.DOTALL)
Modify = Literal["read_only", "shareable", "read_write"]


@entity
class Aggregate(Entity):
    """An aggregate function, with the terms of CREATE AGGREGATE.

    >>> print(Aggregate("total(integer)", sfunc="int4_sum", stype="bigint", initcond="0", parallel="safe").sql, end="")
    CREATE AGGREGATE total(integer) (
        SFUNC = int4_sum,
        STYPE = bigint,
        INITCOND = '0',
        PARALLEL = SAFE
    );

    Functions are given as names in SQL, ``"shop.add_up"``, or as a `Function`; types as in SQL.

    Args:
        signature: name and arguments as SQL: ``"total(integer)"``, ``"rows(*)"``, ``"nth(int ORDER BY anyelement)"``.
        sfunc: the function that is called for each row.
        stype: the type of the state.
        sspace: the size of the state in bytes, about.
        finalfunc: the function that makes the result of the state.
        finalfunc_extra: whether it takes the arguments too, as NULL.
        finalfunc_modify: ``"read_only"``, ``"shareable"`` or ``"read_write"``: what it does to the state.
        combinefunc: the function that joins two states.
        serialfunc: the function that makes ``bytea`` of a state of type ``internal``.
        deserialfunc: the function that makes a state of that.
        initcond: the first state, as text; NULL where it is not given.
        msfunc: like ``sfunc``, for moving frames, as are all that begin with an m.
        minvfunc: the function that takes a row back.
        mstype: see ``stype``.
        msspace: see ``sspace``.
        mfinalfunc: see ``finalfunc``.
        mfinalfunc_extra: see ``finalfunc_extra``.
        mfinalfunc_modify: see ``finalfunc_modify``.
        minitcond: see ``initcond``.
        sortop: the operator whose first value is the result: ``"<"``, ``"OPERATOR(shop.<)"``.
        parallel: ``"safe"``, ``"restricted"`` or ``"unsafe"``, the server's default.
        hypothetical: whether an ordered-set aggregate is a hypothetical-set one.
        schema: None is the default schema.
        comment: text of COMMENT ON AGGREGATE.
        owner: a role.
        grants: grantee to privileges: ``{"app": "execute", "public": None}``; None takes all from the grantee.

    https://www.postgresql.org/docs/current/sql-createaggregate.html
    """

    KIND = KIND

    signature: str
    _: KW_ONLY
    sfunc: str | Function
    stype: str
    sspace: int | None = None
    finalfunc: str | Function | None = None
    finalfunc_extra: bool = False
    finalfunc_modify: Modify | None = None
    combinefunc: str | Function | None = None
    serialfunc: str | Function | None = None
    deserialfunc: str | Function | None = None
    initcond: str | None = None
    msfunc: str | Function | None = None
    minvfunc: str | Function | None = None
    mstype: str | None = None
    msspace: int | None = None
    mfinalfunc: str | Function | None = None
    mfinalfunc_extra: bool = False
    mfinalfunc_modify: Modify | None = None
    minitcond: str | None = None
    sortop: str | None = None
    parallel: Literal["safe", "restricted", "unsafe"] | None = None
    hypothetical: bool = False
    schema: str | None = None
    comment: str | None = None
    owner: str | None = None
    grants: Grants = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_word("finalfunc_modify", self.finalfunc_modify, "read_only", "shareable", "read_write")
        self._check_word("mfinalfunc_modify", self.mfinalfunc_modify, "read_only", "shareable", "read_write")
        self._check_word("parallel", self.parallel, "safe", "restricted", "unsafe")
        if not _SIGNATURE.fullmatch(self.signature):
            raise self._invalid(
                f"the signature {self.signature!r} cannot be read",
                'write it as in CREATE AGGREGATE: "total(integer)", "rows(*)"',
            )

    @classmethod
    def _read(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        address = cls.KIND.spelled(tree)
        *schema, name = address.names
        return {"signature": _called((name,), address), "schema": schema[-1] if schema else None}

    def _statements(self) -> tuple[str, ...]:
        found = _SIGNATURE.fullmatch(self.signature)
        assert found
        prefix = f"{ident(self.schema)}." if self.schema else ""
        options = ",\n    ".join(self._options())
        create = f"CREATE AGGREGATE {prefix}{found[1]}{found[2]} (\n    {options}\n)"
        if self.comment is None and self.owner is None and not self.grants:
            return (create,)
        (made,) = split(create, self.source)
        address = self.KIND.spelled(made.tree)
        identity = _called(address.names, address)
        return (
            create,
            *comment_on("AGGREGATE", identity, self.comment),
            *owned_by("AGGREGATE", identity, self.owner),
            *granted(f"FUNCTION {identity.replace('(*)', '()')}", self.grants),
        )

    def _options(self) -> Iterator[str]:
        for each in fields(self):
            value, name = getattr(self, each.name), each.name
            if name in _NO_OPTIONS or value is None or value is False:
                continue
            if value is True:
                yield name.upper()
            elif name in ("initcond", "minitcond"):
                yield f"{name.upper()} = {literal(value)}"
            elif name == "parallel" or name.endswith("_modify"):
                yield f"{name.upper()} = {value.upper()}"
            else:
                yield f"{name.upper()} = {value.call[:-2] if isinstance(value, Entity) else value}"  # type: ignore[attr-defined]


_NO_OPTIONS = {"signature", "schema", "comment", "owner", "grants", "source", "_text", "renamed_from"}


def _called(names: Sequence[str], address: Address) -> str:
    return f"{ident(*names)}({', '.join(address.args or ('*',))})"
