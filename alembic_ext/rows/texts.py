"""Python's values as the text that PostgreSQL reads: what stands between the quotes of a constant."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from math import isfinite
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_ADDRESSES = (IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network)


class Unwritable(ValueError):
    """A value that cannot be written as a constant; the words say why."""


def text_of(value: object, type_: TypeEngine[Any] | None = None) -> str | None:
    """The text of a value for a column of that type, None for NULL.

    Raises:
        Unwritable: there is no such text.
    """
    from sqlalchemy.sql.elements import ClauseElement, Null

    if value is None or isinstance(value, Null):
        return None
    if isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"):
        raise Unwritable(
            "it is an SQL expression; give a value, or leave the column out and let the database fill it in"
        )
    if type_ is not None and (process := _processor(type_)) is not None:
        try:
            value = process(value)
        except Exception as error:
            raise Unwritable(str(error) or type(error).__name__) from error
    text = _text(value) if not _is_multirange(type_) else _ranges(value)
    if text is not None:
        if "\0" in text:
            raise Unwritable("it holds a zero byte, which PostgreSQL's texts cannot")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Unwritable("it holds half a surrogate pair, which is no text") from error
    return text


@cache
def _dialect() -> Any:
    """PostgreSQL for SQLAlchemy, without a driver's own ways."""
    from sqlalchemy.dialects.postgresql.base import PGDialect

    make: Any = PGDialect
    dialect = make(json_serializer=_json)
    dialect.supports_native_decimal = True
    return dialect


def _processor(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What SQLAlchemy does to a value before a driver gets it."""
    dialect = _dialect()
    found: Callable[[Any], Any] | None = type_.dialect_impl(dialect).bind_processor(dialect)
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(value: object) -> str | None:
    """The text of a value whose type says all."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)) and not isinstance(value, Enum):
        return str(int(value) if isinstance(value, int) else value)
    if isinstance(value, float):
        return repr(float(value)) if isfinite(value) else {"nan": "NaN", "inf": "Infinity"}.get(str(value), "-Infinity")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _interval(value)
    if isinstance(value, (UUID, *_ADDRESSES)):
        return str(value)
    return _compound(value)


def _interval(value: timedelta) -> str:
    whole = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    seconds, rest = divmod(abs(whole), 1_000_000)
    days, seconds = divmod(seconds, 86400)
    sign = "-" if whole < 0 else ""
    return f"{sign}{days} days {sign}{seconds}.{rest:06} seconds"


def _compound(value: object) -> str:
    if type(value).__name__.lower() == "multirange":
        return _ranges(value)
    if hasattr(value, "bounds") and hasattr(value, "lower"):
        return _range(value)
    if isinstance(value, dict):
        try:
            return _json(value)
        except (TypeError, ValueError) as error:
            raise Unwritable(str(error)) from error
    if isinstance(value, (list, tuple)):
        return "{" + ",".join(map(_item, value)) + "}"
    raise Unwritable(f"there is no constant for a {type(value).__name__}")


def _item(value: object) -> str:
    """An element of an array."""
    if value is None:
        return "NULL"
    text = _text(value) or ""
    return text if isinstance(value, (list, tuple)) else _quoted(text)


def _range(value: Any) -> str:
    if getattr(value, "isempty", False) or getattr(value, "empty", False):
        return "empty"
    ends = ("" if end is None else _quoted(_text(end) or "") for end in (value.lower, value.upper))
    return f"{value.bounds[0]}{','.join(ends)}{value.bounds[1]}"


def _is_multirange(type_: TypeEngine[Any] | None) -> bool:
    return any(one.__name__ == "AbstractMultiRange" for one in type(type_).__mro__)


def _ranges(value: Any) -> str:
    return value if isinstance(value, str) else "{" + ",".join(map(_range, value)) + "}"


def _quoted(text: str) -> str:
    if text and text.replace(".", "").replace("-", "").isalnum() and text.isascii() and text.lower() != "null":
        return text
    backslash = "\\"
    return '"' + text.replace(backslash, backslash * 2).replace('"', backslash + '"') + '"'
