"""What is given to `register` in the place of a declaration, and what to give instead."""

from __future__ import annotations

import re
from pathlib import Path

from alembic_ext.entity import Entity

_PATH = re.compile(r"[^\s;]*(\.sql|/)|\.{0,2}/[^\s;*]+", re.IGNORECASE)
"""No statement has but one word and ends so."""
_WORD = re.compile(r"[^\s;]{1,200}")


def about(value: object, *, declarable: bool) -> tuple[str, str] | None:
    """What is wrong with it, and what to give instead; None where nothing is."""
    if not declarable:
        return f"{value!r} cannot be declared", _instead(value)
    if isinstance(value, str) and (_PATH.fullmatch(value) or (_WORD.fullmatch(value) and Path(value).exists())):
        return f"{value!r} is text, and looks like a path", f"give Path({value!r})"
    return None


def _instead(value: object) -> str:
    """What to give instead of something that cannot be declared."""
    import alembic_ext

    if isinstance(value, type) and issubclass(value, Entity):
        return f"this is the class itself: give {value.__name__}(…)"
    if isinstance(value, type) and hasattr(value, "__table__"):
        return "a mapped class is declared by being one: Alembic compares its table"
    name, module = type(value).__name__, type(value).__module__.partition(".")[0]
    if module == "sqlalchemy" and name in alembic_ext.__all__:
        return f"this is SQLAlchemy's {name}: give alembic_ext.{name}(…), or leave it to its MetaData"
    if module == "sqlalchemy" and isinstance(getattr(value, "text", None), str):
        return "this is SQLAlchemy's text(): give the text alone, as str"
    return "give one of alembic_ext's classes, SQL text, or the pathlib.Path of a .sql file or folder"
