"""What the four kinds of text search share: how their statements name them, and lists of settings in brackets."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_ext.kinds import Kind
from alembic_ext.model import Address
from alembic_ext.sqltext.parsetree import Node, strings


class TextSearch(Kind):
    """Made by ``CREATE TEXT SEARCH … name (option = value)``."""

    def spelled(self, tree: Node) -> Address:
        return Address(self.name, strings(tree["defnames"]))


def settings(values: Mapping[str, str | None]) -> str:
    """``(NAME = value, NAME = value)`` of those that are given.

    >>> settings({"LEXIZE": "dsimple_lexize", "INIT": None})
    '(LEXIZE = dsimple_lexize)'
    """
    return "(" + ", ".join(f"{name} = {value}" for name, value in values.items() if value is not None) + ")"
