"""Run statements on an empty database in an order that is good but need not be perfect.

Batches first: one round trip for many statements. Only where a batch fails are its members run one by one, and what
fails because something is missing waits until something else has been made.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from alembic_ext.sqltext.secret import hidden

if TYPE_CHECKING:
    import psycopg

    from alembic_ext.session import Session

Name = TypeVar("Name", bound=Hashable)

CHUNK = 200
"""Statements of one transaction: few enough for the lock table of a server with default settings."""

MISSING = frozenset(
    [
        "42P01",
        "42883",
        "42704",
        "42703",
        "3F000",
        "22P02",
        "2BP01",
        "42P10",
        "42803",
        "42809",
        "42846",
        "42804",
        "55000",
    ]
)
"""SQLSTATEs that may go away once another object exists; 42803 is a GROUP BY that needs a primary key, 42846 and 42804
are casts.
"""


@dataclass(frozen=True)
class Refused(Generic[Name]):
    """What the server would not run, and its words."""

    name: Name
    statement: str
    error: psycopg.Error


def load(session: Session, items: Sequence[tuple[Name, Sequence[str]]]) -> list[Refused[Name]]:
    """Run each item's statements, all or none of an item; return those that could not be run, in order."""
    waiting: list[tuple[Name, Sequence[str]]] = []
    refused: list[Refused[Name]] = []
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        if _error(session, [statement for _, statements in chunk for statement in statements]) is None:
            continue
        for item in chunk:
            if (no := _attempt(session, item)) is None:
                continue
            if no.error.sqlstate in MISSING:
                waiting.append(item)
            else:
                refused.append(no)
    while waiting:
        failed = [(item, no) for item in waiting if (no := _attempt(session, item)) is not None]
        if len(failed) == len(waiting):
            refused += [no for _, no in failed]
            break
        waiting = [item for item, _ in failed]
    return refused


def _attempt(session: Session, item: tuple[Name, Sequence[str]]) -> Refused[Name] | None:
    name, statements = item
    if (error := _error(session, statements)) is None:
        return None
    if len(statements) > 1:  # which of them was it? each alone, in a transaction that is taken back
        session.run("BEGIN")
        try:
            for statement in statements:
                if _error(session, [statement]) is not None:
                    return Refused(name, statement, error)
        finally:
            session.run("ROLLBACK")
    return Refused(name, statements[0], error)


class Refusal(Exception):
    """The server refused statements; ``error`` holds its words."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


def run(session: Session, statements: Sequence[str]) -> None:
    """Run statements as one.

    Raises:
        Refusal: the server refused one of them; none was run.
    """
    import psycopg

    try:
        session.run("\n;\n".join(map(hidden, statements)))
    except psycopg.Error as error:
        if session.connection.broken:
            raise
        raise Refusal(error) from error


def _error(session: Session, statements: Sequence[str]) -> psycopg.Error | None:
    """Run statements as one; None, or why not."""
    try:
        if statements:
            run(session, statements)
    except Refusal as refusal:
        return refusal.error
    return None
