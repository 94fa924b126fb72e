"""Tables that are rewritten because of a column that is added."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from alembic_ext.lint.moment import Change, Moment
from alembic_ext.lint.relation import Column
from alembic_ext.lint.trace import REASONS
from alembic_ext.sqltext.pgquery import ParseError, parse

_STEADY = frozenset({"now", "transaction_timestamp", "statement_timestamp"})


def rewriting(at: Moment, cause: str) -> list[tuple[Change, Column]]:
    """The columns because of which the server rewrote a table: those of one `cause`."""
    found = []
    for change in at.columns:
        if change.new is not None and _cause(change) == cause and _is_rewritten(at, change):
            found.append((change, change.new))
    return found


def _is_rewritten(at: Moment, change: Change) -> bool:
    reasons = [at.did.rewritten.get(oid) for oid in at.family(change.table.oid) & at.rewritten]
    return any(reason is None or REASONS[2] in words_of(reason) for reason in reasons)


def words_of(reason: int) -> set[str]:
    """Why a table was rewritten."""
    return {word for bit, word in REASONS.items() if reason & bit}


def _cause(change: Change) -> str:
    """What of a column makes the server write the rows: identity, generated, serial, default or domain."""
    column = change.new
    assert column is not None
    if column.generated == "s":
        return "generated" if change.old is None or change.old.default != column.default else ""
    if change.old is not None:
        return ""
    if column.identity:
        return "identity"
    if "nextval" in _functions(column.default or ""):
        return "serial"
    if not is_steady(column.default or ""):
        return "default"
    return "domain" if column.base else ""


def is_steady(default: str) -> bool:
    """Whether a default is the same for all rows, so that none has to be written for it."""
    return not _functions(default) - _STEADY


def _functions(expression: str) -> set[str]:
    found: set[str] = set()
    with suppress(ParseError):
        waiting: list[Any] = parse(f"SELECT {expression}")
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                if "FuncCall" in node:
                    found.add(node["FuncCall"]["funcname"][-1]["String"]["sval"])
                waiting += node.values()
            elif isinstance(node, list):
                waiting += node
    return found
