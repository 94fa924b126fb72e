"""Alembic code for the help of findings: what a user can paste. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_ext.lint.trace import Relation


class Raw(str):
    """A piece of Python that stands as it is: ``Raw("sa.Integer()")``."""

    __slots__ = ()


def call(function: str, *args: Any, **words: Any) -> str:
    """A call in Python; words that are None are left out.

    >>> call("op.drop_index", "ix", table_name="t", schema=None)
    "op.drop_index('ix', table_name='t')"
    """
    parts = [_literal(one) for one in args]
    parts += [f"{name}={_literal(value)}" for name, value in words.items() if value is not None]
    return f"{function}({', '.join(parts)})"


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, Raw) else repr(value)


def autocommit(lines: Sequence[str]) -> str:
    """Lines in a block outside of the transaction."""
    return "\n".join(["with op.get_context().autocommit_block():", *(f"    {line}" for line in lines)])


def schema_of(relation: Relation) -> str | None:
    """The schema as Alembic's operations want it: None for public."""
    return None if relation.schema == "public" else relation.schema
