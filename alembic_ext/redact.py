"""The one place where secrets become ``***``: everything that is printed goes through here first.

Hidden are passwords in URLs and connection strings, options of servers and user mappings whose names say that they are
secret, ``PASSWORD '…'``, the same in JSON and Python text, and the values that SQLAlchemy bound to a statement. Of two
evils the lesser is chosen: rather a harmless word is hidden than a secret shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

HIDDEN = "***"

_WORDS = r"(?:pass(?:word|wd|phrase)|pwd|secret|token|credential|(?:api|access|private|account|shared|auth)[_-]?key)"
_NAME = rf"[\w.-]*{_WORDS}[\w-]*"
_OPTION = r"[\w-]*(?:pass(?:word|wd|phrase)|pwd|secret|token|key|credential)[\w-]*"
_STRING = r"""(?:[EeNn]|[Uu]&)?'(?:[^'\\]|''|\\.)*(?:'|\Z)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)"""
_MARK = re.compile(r"'\$\{env:\w+\}'")  # names an environment variable: no secret
_HARMLESS = re.compile(r"password_required", re.IGNORECASE)

_URL = re.compile(r"""(?P<start>\b[a-zA-Z][\w+.-]*://[^\s:/?#@"'<>]*):[^\s"'<>]*@""")
"""A password may hold any sign that somebody forgot to escape: up to the last @."""
_SQL = re.compile(
    rf"""(?P<start>(?<![\w'])"?(?P<name>{_OPTION})"?\s+)(?P<value>{_STRING})""", re.IGNORECASE | re.DOTALL
)
_ELEMENT = re.compile(rf'(?P<start>"(?P<name>{_NAME})=)(?:[^"\\]|\\.)*(?P<end>"|\Z)', re.IGNORECASE | re.DOTALL)
_DOUBLED = re.compile(rf"(?P<start>\b(?P<name>{_NAME})\s*=\s*)''(?:[^'\\]|\\.)+''", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(
    rf"""(?P<start>\b(?P<name>{_NAME})\s*=\s*)(?!''\*\*\*'')(?P<value>[bBrRuUfFeE]?(?:'(?:[^'\\]|\\.|'')*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)))""",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(rf"""(?P<start>\b(?P<name>{_NAME})=)(?!\*\*\*)(?P<value>[^\s'"][^\s]*)""", re.IGNORECASE)
_PAIR = re.compile(
    rf"""(?P<start>(?P<quote>["'])(?P<name>{_NAME})(?P=quote)\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z))""",
    re.IGNORECASE | re.DOTALL,
)
_BOUND = re.compile(r"(?P<start>\[parameters: ).*\](?=\s*(?:\(Background|\Z))", re.DOTALL)
_BOUND_LINE = re.compile(r"(?P<start>\[parameters: )(?!\*\*\*)[^\n]*")
_ROW = re.compile(r"(?P<start>Failing row contains \().*(?P<end>\))")
_CLOSING = re.compile(r"""['")\]}>,;.]*\Z""")

Value = TypeVar("Value")


def text(given: str) -> str:
    """The text with every secret hidden.

    >>> text("postgresql://shop:s3cr@t@db/shop failed")
    'postgresql://shop:***@db/shop failed'
    >>> text("ALTER ROLE a PASSWORD 'x'; CREATE SERVER s OPTIONS (host 'h', api_key 'k')")
    "ALTER ROLE a PASSWORD '***'; CREATE SERVER s OPTIONS (host 'h', api_key '***')"
    >>> text("host=h password=x dbname=d")
    'host=h password=*** dbname=d'
    """
    found = _URL.sub(rf"\g<start>:{HIDDEN}@", given)
    found = _BOUND.sub(rf"\g<start>{HIDDEN}]", found)
    found = _BOUND_LINE.sub(rf"\g<start>{HIDDEN}]", found)
    found = _ROW.sub(rf"\g<start>{HIDDEN}\g<end>", found)
    found = _SQL.sub(_in_sql, found)
    found = _ELEMENT.sub(rf"\g<start>{HIDDEN}\g<end>", found)
    found = _DOUBLED.sub(_unless_harmless(f"''{HIDDEN}''"), found)
    found = _QUOTED.sub(_unless_harmless(f"'{HIDDEN}'"), found)
    found = _PAIR.sub(_unless_harmless(f"'{HIDDEN}'"), found)
    return _BARE.sub(_bare, found)


def _in_sql(match: re.Match[str]) -> str:
    if _MARK.fullmatch(match["value"]) or _HARMLESS.fullmatch(match["name"]):
        return match[0]
    return f"{match['start']}'{HIDDEN}'"


def _unless_harmless(hidden: str) -> Any:
    def put(match: re.Match[str]) -> str:
        value = match.groupdict().get("value") or ""
        if _HARMLESS.fullmatch(match["name"]) or _MARK.fullmatch(value):
            return match[0]
        return f"{match['start']}{hidden}"

    return put


def _bare(match: re.Match[str]) -> str:
    if _HARMLESS.fullmatch(match["name"]):
        return match[0]
    closing = _CLOSING.search(match["value"])
    return f"{match['start']}{HIDDEN}{closing[0] if closing else ''}"


def value(given: Value) -> Value:
    """A value, of this package or as JSON knows them, with the secrets hidden in all its texts."""
    found: Any = given
    if isinstance(given, str):
        found = text(given)
    elif isinstance(given, Mapping):
        found = {text(name) if isinstance(name, str) else name: value(one) for name, one in given.items()}
    elif isinstance(given, (tuple, list)):
        found = type(given)(value(one) for one in given)
    elif is_dataclass(given) and not isinstance(given, type):
        found = replace(given, **{one.name: value(getattr(given, one.name)) for one in fields(given)})
    return found  # type: ignore[no-any-return]
