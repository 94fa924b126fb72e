"""Statements that change many rows of a table that is in use. Pure.

The tables of the sandbox are empty: which rows are changed says the text, and whether they are sought in the whole
table, the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from alembic_ext.lint.bodies import body_of, ends_transactions
from alembic_ext.lint.code import autocommit, call, spelled, text
from alembic_ext.lint.moment import Moment
from alembic_ext.lint.relation import Oid, Relation
from alembic_ext.sqltext import escaped, ident
from alembic_ext.sqltext.parsetree import nodes_in
from alembic_ext.sqltext.pgquery import ParseError, tokens

_DOING = {"UpdateStmt": "updated", "DeleteStmt": "deleted", "MergeStmt": "merged", "InsertStmt": "filled"}
_EQUAL = frozenset({"="})
_ABOVE, _BELOW = frozenset({">", ">="}), frozenset({"<", "<="})
_RANGES = _ABOVE | _BELOW | {"BETWEEN", "~~", "~~*"}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
ANY = _EQUAL | _RANGES
"""What picks rows by a value, or by a range."""
_PARTS = frozenset({"LOOP", "LIMIT", "BETWEEN"})
"""By what code goes over a table part by part."""
_VARYING = ("ColumnRef", "SubLink", "CurrentOfExpr", "FuncCall", "SQLValueFunction", "ParamRef", "TypeCast")
"""What may be another value elsewhere."""
_NUMBERS = ("integer", "bigint", "smallint")


class Bulk(NamedTuple):
    """Many rows: of which table, and ``all`` of them for certain; ``verb`` is what is done to them. They may be ``few``
    where they are picked by the value of a column; they are ``parted`` where a transaction goes over the table in
    several statements.
    """

    table: Oid
    all: bool
    verb: str
    few: bool = False
    parted: bool = False


def bulk(at: Moment) -> Bulk | None:
    """What a statement does to many rows of an old table; None where it changes few, or goes in batches."""
    verb = _DOING.get(at.node)
    if at.table is None or verb is None:
        return _unseen(at)
    if not at.is_old(at.table) or at.table.kind not in "rpf":
        return None
    where = at.tree.get("whereClause", {})
    if at.node in ("UpdateStmt", "DeleteStmt") and _never(at, at.table, where):
        return None
    sides = _sides(where) if at.node in ("UpdateStmt", "DeleteStmt") else frozenset()
    if has(at.tree, "limitCount") or sides == {"above", "below"}:
        return Bulk(at.table.oid, False, verb, parted=True) if _goes_on(at, at.table) else None
    if sides:
        return Bulk(at.table.oid, False, verb)
    if at.node in ("UpdateStmt", "DeleteStmt") and _beside_value(at, at.table, where):
        return Bulk(at.table.oid, False, verb, few=True)
    if at.node == "InsertStmt":
        return Bulk(at.table.oid, False, verb, picked(at, at.tree.get("selectStmt"))) if at.scanned else None
    narrow = where and (has(where, "ColumnRef") or has(where, "SubLink") or has(where, "CurrentOfExpr"))
    if at.node in ("UpdateStmt", "DeleteStmt") and not narrow:
        return Bulk(at.table.oid, not {"fromClause", "usingClause"} & {*at.tree}, verb)
    joined = {"fromClause", "usingClause", "sourceRelation"} & {*at.tree}
    read = at.scanned if joined else {at.table.oid, *at.parts(at.table.oid)} & at.scanned
    return Bulk(at.table.oid, False, verb, picked(at, at.tree)) if read else None


def _never(at: Moment, table: Relation, where: Mapping[str, Any]) -> bool:
    """Whether a condition is false whatever rows there are: by its words, or it is constant, and no row was read."""
    if any(_is_false(part) for part in conjuncts(where)):
        return True
    if not where or not at.did.observed or not at.course.trace.counting or any(has(where, one) for one in _VARYING):
        return False
    return not {table.oid, *at.parts(table.oid)} & at.scanned


def _is_false(node: Mapping[str, Any]) -> bool:
    """Whether it is the constant false, or null."""
    constant = node.get("TypeCast", {}).get("arg", node).get("A_Const", {})
    return constant.get("boolval") == {} or bool(constant.get("isnull"))


def _sides(where: Mapping[str, Any], *, alone: bool = True) -> frozenset[str]:
    """Where rows are picked by ranges of columns, or by NULL: whether one range ends ``above`` and ``below``. If that
    ``alone`` picks them, and not a value as well.
    """
    found: dict[str, set[str]] = {}
    for part in conjuncts(where):
        if "NullTest" in part:
            found.setdefault("", set()).add("null")
        for operator, column in _compared(part):
            if operator in _EQUAL and alone:
                return frozenset()
            if operator in _RANGES:
                two = {"above", "below"} if operator == "BETWEEN" else {"above" if operator in _BELOW else "below"}
                found.setdefault(column, set()).update(two)
    return frozenset(max(found.values(), key=len, default=()))


def _beside_value(at: Moment, table: Relation, where: Mapping[str, Any]) -> bool:
    """Whether rows are picked by a range that is open on one side, and by values that no key has once."""
    if _sides(where, alone=False) not in ({"above"}, {"below"}) or {"fromClause", "usingClause"} & {*at.tree}:
        return False
    given = {column for part in conjuncts(where) for operator, column in _compared(part) if operator in _EQUAL}
    keys = [one.as_index for one in at.indexes_of(table.oid) if one.as_index and one.as_index.unique]
    return not any(0 not in (some := one.columns[: one.keys]) and given.issuperset(table.names(some)) for one in keys)


def _goes_on(at: Moment, table: Relation) -> bool:
    """Whether its transaction changes other parts of the table likewise: in a loop, or by other statements."""
    if at.did.autocommit:
        return False
    return any(
        place.file == file and first <= place.line <= last
        for file, first, last in at.course.trace.rounds for place in at.did.places
    ) or any(
        other.node == at.node and other.number != at.number and other.table is not None
        and other.table.oid == table.oid and other.did.transaction == at.did.transaction
        and (has(other.tree, "limitCount") or _sides(other.tree.get("whereClause", {})))
        for other in at.course.moments
    )  # fmt: skip


def picked(at: Moment, tree: Any, operators: frozenset[str] = _EQUAL) -> bool:
    """Whether a statement is about the rows in which a column has one value, or one of a few.

    Of a boolean or an enum many rows have the same, and so they have where that column itself gets another value.
    """
    if not isinstance(tree, Mapping):
        return False
    tree = tree.get("SelectStmt", tree)
    given = {one["ResTarget"].get("name") for one in tree.get("targetList", ()) if at.node == "UpdateStmt"}
    return any(
        operator in operators and column not in given and not _has_few_values(at, column)
        for part in conjuncts(tree.get("whereClause", {}))
        for operator, column in _compared(part)
    )


def conjuncts(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a condition that all have to hold."""
    both = node.get("BoolExpr", {})
    if both.get("boolop") == "AND_EXPR":
        return [part for one in both["args"] for part in conjuncts(one)]
    return [node]


def _compared(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The column that is compared with a constant here, and by which operator; as if it stood on the left."""
    expression = node.get("A_Expr", {})
    sides = [expression.get("lexpr", {}), expression.get("rexpr", {})]
    operator = expression["name"][0]["String"].get("sval", "") if expression else ""
    if operator not in _EQUAL | _RANGES:
        return []
    if "ColumnRef" not in sides[0]:
        operator = _TURNED.get(operator, operator)
    columns = [one["ColumnRef"]["fields"][-1] for one in sides if "ColumnRef" in one]
    others = [one for one in sides if "ColumnRef" not in one]
    if len(columns) != 1 or "String" not in columns[0] or has(others, "ColumnRef") or has(others, "SubLink"):
        return []
    return [(operator, columns[0]["String"]["sval"])]


def _has_few_values(at: Moment, column: str) -> bool:
    return any(column in at.old[oid].columns and at.old[oid].columns[column].choice for oid in at.scanned)


def _unseen(at: Moment) -> Bulk | None:
    """The same of a statement that does not say it: a block of code, a call of a procedure or function, WITH."""
    if at.node not in ("DoStmt", "CallStmt", "SelectStmt", "") or _commits_parts(at):
        return None
    limited = limits_changes(at.tree)
    for oid, modes in sorted(at.did.locks.items()):
        new = modes - at.held.get(oid, frozenset())
        if "RowExclusive" in new and oid in at.old and at.old[oid].kind == "r":
            if limited:
                return Bulk(at.whole(oid), False, "changed", parted=True) if _goes_on(at, at.old[oid]) else None
            if oid in at.scanned:
                return Bulk(at.whole(oid), False, "changed")
            if "LOOP" in (words := words_of_block(at)) and words & {"UPDATE", "DELETE"}:
                return Bulk(at.whole(oid), False, "changed", parted=True)
    return None


def _commits_parts(at: Moment) -> bool:
    """Whether the code that it runs commits part after part."""
    return any(map(ends_transactions, at.code)) and any(_words(one) & _PARTS for one in at.code)


def limits_changes(tree: Mapping[str, Any]) -> bool:
    """Whether all parts of a WITH that change rows take a LIMIT of them, or what an earlier part has taken so."""
    parts = {
        one["CommonTableExpr"]["ctename"]: one["CommonTableExpr"]["ctequery"]
        for one in tree.get("withClause", {}).get("ctes", ())
    }
    limited = set[str]()
    for name, query in parts.items():
        if has(query, "limitCount") or limited & {one["relname"] for one in nodes_in(query, "RangeVar")}:
            limited.add(name)
    changing = {name for name, query in parts.items() if _DOING.keys() & {*query}}
    return bool(changing) and changing <= limited


def words_of_block(at: Moment) -> frozenset[str]:
    """The words, in capitals, of the code that a DO runs; none of another statement."""
    return _words(body_of(at.tree)) if at.node == "DoStmt" else frozenset()


def _words(code: str) -> frozenset[str]:
    content, found = code.encode(), set[str]()
    with suppress(ParseError):
        found |= {content[token.start : token.end].decode().upper() for token in tokens(code)}
    return frozenset(found)


def in_batches(at: Moment, table: Relation) -> str:
    """Code that does the same to ranges of the table's key, where that is one number; each is committed by itself."""
    keys = next((table.names(one.columns) for one in table.constraints.values() if one.type == "p"), [])
    plain = {"UpdateStmt": {"fromClause", "withClause"}, "DeleteStmt": {"usingClause", "withClause"}}
    if len(keys) != 1 or table.columns[keys[0]].type not in _NUMBERS or {*at.tree} & plain.get(at.node, {*at.tree}):
        return ""
    if has(at.tree, "ParamRef") or {"returningList", "returningClause"} & {*at.tree}:
        return ""
    sql, key = at.did.sql.strip().rstrip(";"), ident(keys[0])
    end = _condition(sql)
    head = f"{sql[:end]} ({sql[end:].strip()}) AND" if end else f"{sql} WHERE"
    change = call("sa.text", f"{escaped(head)} {key} BETWEEN :first AND :last")
    return autocommit([
        f"last = op.get_bind().scalar({text(f'SELECT max({key}) FROM {spelled(table)}')}) or 0",
        "for first in range(0, last + 1, 10000):",
        f"    op.execute({change}.bindparams(first=first, last=first + 9999))",
    ])  # fmt: skip


def _condition(sql: str) -> int:
    """Where the condition of an UPDATE or DELETE begins; 0 where there is none."""
    content, depth = sql.encode(), 0
    for token in tokens(sql):
        word = content[token.start : token.end].upper()
        depth += (word == b"(") - (word == b")")
        if not depth and word == b"WHERE":
            return len(content[: token.end].decode())
    return 0


def has(tree: Any, name: str) -> bool:
    """Whether there is a node or field of a name anywhere in a tree."""
    if isinstance(tree, Mapping):
        return name in tree or any(has(one, name) for one in tree.values())
    return isinstance(tree, list) and any(has(one, name) for one in tree)
