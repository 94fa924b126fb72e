"""Aggregate functions, ordered-set and hypothetical-set ones included.

https://www.postgresql.org/docs/current/sql-createaggregate.html
"""

from __future__ import annotations

from types import MappingProxyType

from alembic_ext.kinds._common import NAMED_BY_USER, ROUTINE_DETAIL, Routine, own
from alembic_ext.model import Key
from alembic_ext.sqltext import ident

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
    """Never replaced in place: the functions under it are what changes."""

    name, catalog, rank = "aggregate", "pg_proc", 35
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
               '{{}}'::text[], ''
        FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
             {" ".join(_join(column) for column in _FUNCTIONS)}
        WHERE {NAMED_BY_USER} AND {own("pg_proc", "p.oid")}"""

    def identity(self, key: Key) -> str:
        return ident(key.schema, key.name) + (key.detail if key.detail != "()" else "(*)")


KIND = AggregateKind()
