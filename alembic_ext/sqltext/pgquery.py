"""PostgreSQL's own parser and scanner, from the libpg_query that the package ``postgast`` ships.

The library is loaded through ctypes on first use; ``postgast`` itself is never imported (its protobuf module costs
300 ms, the library 1 ms). Positions are byte offsets into the text encoded as UTF-8; `Offsets` turns them into offsets
of the str.

https://github.com/pganalyze/libpg_query
"""

from __future__ import annotations

import json
import re
import sys
from ctypes import CDLL, POINTER, Structure, c_char_p, c_int, c_size_t, c_void_p, string_at
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from alembic_ext.errors import AlembicExtError


class ParseError(Exception):
    """The parser or the scanner refused a text; ``position`` is a byte offset, or None."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message, self.position = message, position


class Token(NamedTuple):
    """One token: where it starts and ends in bytes, its number in the grammar, and 0 or which sort of keyword it is."""

    start: int
    end: int
    number: int
    keyword: int

    @property
    def is_name(self) -> bool:
        """Whether it may be a name: an identifier, quoted or not, or any keyword."""
        return self.number in (IDENT, UIDENT) or self.keyword > 0


IDENT, UIDENT, SCONST, USCONST, RESERVED = 258, 259, 261, 262, 4


class _Error(Structure):
    _fields_ = [
        ("message", c_char_p),
        ("funcname", c_char_p),
        ("filename", c_char_p),
        ("lineno", c_int),
        ("cursorpos", c_int),
        ("context", c_char_p),
    ]


class _Parsed(Structure):
    _fields_ = [("tree", c_char_p), ("stderr", c_char_p), ("error", POINTER(_Error))]


class _Scanned(Structure):
    _fields_ = [("length", c_size_t), ("content", c_void_p), ("stderr", c_char_p), ("error", POINTER(_Error))]


@cache
def _library() -> CDLL:
    name = {"win32": "pg_query.dll", "darwin": "libpg_query.dylib"}.get(sys.platform, "libpg_query.so")
    spec = find_spec("postgast")
    folders = spec.submodule_search_locations if spec else None
    shipped = [str(path) for folder in folders or () if (path := Path(folder, name)).is_file()]
    found = shipped[0] if shipped else find_library("pg_query")
    if found is None:
        raise AlembicExtError("PostgreSQL's parser (libpg_query) is not installed", help="pip install postgast")
    library = CDLL(found)
    for function, result in (("parse", _Parsed), ("scan", _Scanned)):
        call = getattr(library, f"pg_query_{function}")
        call.argtypes, call.restype = [c_char_p], result
        free = getattr(library, f"pg_query_free_{function}_result")
        free.argtypes, free.restype = [result], None
    return library


def _encoded(text: str) -> bytes:
    content = text.encode("utf-8", "surrogatepass")
    if (position := content.find(b"\0")) >= 0:
        raise ParseError("the text contains a NUL character", position)
    return content


def _check(error: Any) -> None:
    if error:
        words = error.contents.message.decode("utf-8", "replace")
        raise ParseError(words, error.contents.cursorpos - 1 if error.contents.cursorpos > 0 else None)


def parse(text: str) -> list[dict[str, Any]]:
    """The statements of a text: ``stmt`` (node name to node), ``stmt_location`` and ``stmt_len`` where not 0."""
    library, content = _library(), _encoded(text)
    result = library.pg_query_parse(content)
    try:
        _check(result.error)
        tree = result.tree
    finally:
        library.pg_query_free_parse_result(result)
    try:
        statements: list[dict[str, Any]] = json.loads(tree)["stmts"]
    except RecursionError:  # an expression of many hundred terms
        statements = json.loads(_shallow(tree.decode()))["stmts"]
    return statements


_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_DEEP = 40


def _shallow(tree: str) -> str:
    """JSON with null for what is nested deeper than any name or type of a statement."""
    pieces, depth, kept = [], 0, 0
    for found in _BRACKET.finditer(tree):
        if found[0] in "{[":
            depth += 1
            if depth == _DEEP:
                pieces.append(tree[kept : found.start()] + "null")
        elif found[0] in "}]":
            if depth == _DEEP:
                kept = found.end()
            depth -= 1
    return "".join(pieces) + tree[kept:]


def check(text: str) -> None:
    """Raise `ParseError` where the grammar does not know the text."""
    library = _library()
    result = library.pg_query_parse(_encoded(text))
    try:
        _check(result.error)
    finally:
        library.pg_query_free_parse_result(result)


# A message ScanResult holds ScanTokens in field 2: length, then start (1), end (2), token (4), keyword_kind (5), all
# varints, absent where 0. libpg_query's protobuf/pg_query.proto.
_VARINT = rb"([\x80-\xff]*[\x00-\x7f])"
_TOKEN = re.compile(rb"\x12.(?:\x08%b)?(?:\x10%b)?(?:\x20%b)?(?:\x28%b)?" % ((_VARINT,) * 4), re.DOTALL)
_COMMENTS = (b"\x93\x02", b"\x94\x02")  # SQL_COMMENT = 275, C_COMMENT = 276
_HEADER = re.compile(rb"(?:\x08[\x80-\xff]*[\x00-\x7f])?")


class _Varints(dict[bytes, int]):
    """The values of varints, remembered: positions and token numbers are the same small ones again and again."""

    def __missing__(self, content: bytes) -> int:
        value = 0
        for byte in reversed(content):
            value = value << 7 | byte & 127
        if value < 1 << 14:
            self[content] = value
        return value


_NUMBER = _Varints()


def tokens(text: str) -> list[Token]:
    """The tokens of a text, without its comments."""
    library, content = _library(), _encoded(text)
    result = library.pg_query_scan(content)
    try:
        _check(result.error)
        message = string_at(result.content, result.length)
    finally:
        library.pg_query_free_scan_result(result)
    number = _NUMBER
    header = _HEADER.match(message)
    assert header
    return [
        Token(number[start], number[end], number[kind], number[keyword])
        for start, end, kind, keyword in _TOKEN.findall(message, header.end())
        if kind not in _COMMENTS
    ]


class Offsets:
    """Turns byte offsets into the UTF-8 encoding of a text into offsets into the text."""

    def __init__(self, text: str) -> None:
        self._content = None if text.isascii() else text.encode("utf-8", "surrogatepass")
        self._bytes = self._chars = 0

    def __call__(self, position: int) -> int:
        """The offset in characters. Cheap where positions are asked for in rising order."""
        if self._content is None:
            return position
        if position < self._bytes:
            self._bytes = self._chars = 0
        self._chars += len(self._content[self._bytes : position].decode("utf-8", "surrogatepass"))
        self._bytes = position
        return self._chars
