"""Which columns a statement takes types from: ``t.c%TYPE``. PostgreSQL looks once, and records nothing of it."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext import split
from alembic_ext.sqltext.parsetree import nodes_with, strings

_MARK = re.compile(r"%(?:\s|--[^\n\r]*|/\*.*?\*/)*type\b", re.IGNORECASE | re.DOTALL)


class Column(NamedTuple):
    """A column as it is spelled: the names of its relation, its schema among them where that is said, and its own."""

    relation: tuple[str, ...]
    name: str


@cache
def typed_by(text: str) -> tuple[Column, ...]:
    """The columns whose types a statement takes, bodies apart.

    >>> typed_by("CREATE FUNCTION f(a s.t.c % TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    (Column(relation=('s', 't'), name='c'),)
    """
    if "%" not in text or not _MARK.search(text):
        return ()
    try:
        statements = split(text)
    except DeclarationError:  # another PostgreSQL than the parser's took it
        return ()
    found = (strings(node["names"]) for statement in statements for node in nodes_with(statement.tree, "pct_type"))
    return tuple(dict.fromkeys(Column(names[-3:-1], names[-1]) for names in found if len(names) > 1))
