"""What the arguments of a declaration have to be, as their annotations say it: a mistake is told where it is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from enum import EnumMeta
from functools import cache, partial
from typing import Any

Mistake = tuple[str, str]
"""What is wrong, and what to give instead."""

_ALTERNATIVE = re.compile(r"(?:[^\[\]|]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])+")
_SECRET = "OptionValues"
_MAPPINGS = ("Grants", "Members", _SECRET)
_MOST = 60


def mistake(entity: Any) -> Mistake | None:
    """What is wrong with the first argument that is not what it has to be."""
    cls: Any = type(entity)
    for name, default, look in _looks(cls):
        value = getattr(entity, name)
        if value is not default and (wrong := look(value)):
            return wrong
    return None


@cache
def _looks(cls: Any) -> tuple[tuple[str, object, Callable[[object], Mistake | None]], ...]:
    """Each argument, its default, and what looks at a value."""
    return tuple(
        (one.name, one.default, partial(_look, one.name, *_read(str(one.type)))) for one in fields(cls) if one.init
    )


def _read(annotation: str) -> tuple[frozenset[str], bool, bool]:
    """What a value may be, whether a sequence holds text alone, and whether it may be shown.

    >>> sorts, *rest = _read("str | Sequence[str] | None")
    >>> (sorted(sorts), *rest)
    (['None', 'Sequence', 'str'], True, True)
    """
    words = {word.strip() for word in _ALTERNATIVE.findall(annotation)} - {""}
    sorts = frozenset("Mapping" if word in _MAPPINGS else word.partition("[")[0] for word in words)
    return sorts, "Sequence[str]" in words, _SECRET not in words


def _look(name: str, sorts: Iterable[str], of_text: bool, shown: bool, value: object) -> Mistake | None:
    for sort in sorts:
        if _IS.get(sort, _is_something)(value):
            return _inside(name, value) if of_text and not isinstance(value, (str, Mapping)) else None
    said = f"{name}={_short(value)}" if shown else name
    if isinstance(value, str) and "Sequence" in sorts:
        return f"{said} is not a list", f"give [{_short(value)}]"
    if isinstance(value, (set, frozenset)) and "Sequence" in sorts:
        return f"{said} has no order", "give a list"
    words = [_WORDS[sort] for sort in _WORDS if sort in sorts]
    return f"{said} is not valid", f"give {' or '.join(words)}" if words else f"give {name}=…"


def _inside(name: str, values: object) -> Mistake | None:
    """What is wrong in a sequence of text; what can be read but once is left alone."""
    other = [one for one in values if not isinstance(one, str)] if isinstance(values, Collection) else []
    if not other:
        return None
    help = "give each as text"
    if isinstance(values, EnumMeta):
        help = f"give text: [one.name for one in {values.__name__}], or their values"
    return f"{name}: {_short(other[0])} is not a str", help


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _is_something(value: object) -> bool:
    """What is not known here may be anything."""
    return value is not None


_IS: Mapping[str, Callable[[object], bool]] = {
    "None": lambda value: value is None,
    "Any": lambda _: True,
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "Mapping": lambda value: isinstance(value, Mapping),
    "Collection": lambda value: isinstance(value, Collection) and not isinstance(value, str),
    "Sequence": lambda value: hasattr(value, "__iter__") and not isinstance(value, (str, set, frozenset, Mapping)),
}
_WORDS = {
    "str": "a str",
    "bool": "True or False",
    "int": "a whole number",
    "float": "a number",
    "Sequence": "a list",
    "Collection": "a list",
    "Mapping": "a mapping: {…: …}",
}
