"""What is sent to the server while a revision runs, as its parser knows it; and what it answers in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from alembic_ext.errors import DeclarationError
from alembic_ext.lint import ignores
from alembic_ext.lint.outside import outside
from alembic_ext.session import sqlstate
from alembic_ext.sqltext import split

TRANSACTION = "TransactionStmt"
ENDS = {
    "TRANS_STMT_BEGIN": True, "TRANS_STMT_START": True, "TRANS_STMT_COMMIT": False, "TRANS_STMT_ROLLBACK": False,
}  # fmt: skip
"""Whether a transaction is open behind a statement."""
BLOCKS = frozenset({"DoStmt", "CallStmt"})
MAKES = frozenset({"CreateStmt", "IndexStmt", "CreateSeqStmt", "CreateFunctionStmt", "CreateEnumStmt", "CommentStmt"})
"""They make things, and change nothing of the relations that were there."""
UNSAVED = frozenset({TRANSACTION, "VariableSetStmt", "CreateEnumStmt", "AlterEnumStmt"})
"""Statements without a savepoint: they would do something else with it. A new value of an enum can be used in the same
transaction only if its type was made there, and not in one inside of it.
"""
COMMITS = "2D000"  # invalid_transaction_termination
_UNITS = {"": 0.001, "us": 1e-6, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class _Numbers(dict[str, str]):
    """The parameters of a statement, as the server's parser knows them."""

    def __missing__(self, name: str) -> str:
        return self.setdefault(name, f"${len(self) + 1}")


def shown(parameters: Any, style: str) -> Callable[[str], str]:
    """How a text that the driver fills in is to be read: with ``$1`` where there is a value."""
    if style not in ("format", "pyformat"):
        return str

    def read(text: str) -> str:
        with suppress(TypeError, ValueError):
            if isinstance(parameters, Mapping):
                return text % _Numbers()
            return text % tuple(f"${number + 1}" for number, _ in enumerate(parameters or ()))
        return text.replace("%%", "%")

    return read


class Piece(NamedTuple):
    """A statement of a text, its node and what is in it, and the comments that are for the linter."""

    text: str
    node: str = ""
    tree: Mapping[str, Any] = {}  # never changed
    comments: tuple[str, ...] = ()

    @property
    def sort(self) -> str:
        """Where it can run: outside of a transaction, inside; or whether it makes one, or ends it."""
        if self.node == TRANSACTION:
            return TRANSACTION
        return "outside" if outside(self.node, self.tree) else "inside"


def pieces_of(text: str) -> list[Piece]:
    """The statements of a text; the text itself where it cannot be parsed."""
    with suppress(DeclarationError):
        if found := split(text):
            marks = ignores.in_sql(text, [one.text for one in found])
            return [Piece(one.text, one.node, one.tree, some) for one, some in zip(found, marks, strict=True)]
    return [piece_of(text)]


def piece_of(text: str) -> Piece:
    """A text as one statement, whatever is in it."""
    return Piece(text, comments=ignores.in_sql(text, [text])[0])


def wrong(error: Exception) -> dict[str, str]:
    """What is recorded of an error."""
    return {"error": str(getattr(error, "orig", "") or error).strip(), "state": sqlstate(error) or ""}


def seconds_of(setting: str) -> float:
    """A duration as the server prints it."""
    found = re.fullmatch(r"(\d+)(\w*)", setting)
    return int(found[1]) * _UNITS[found[2]] if found else 0.0
