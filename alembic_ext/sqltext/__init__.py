"""The one door for SQL text and for names: quoting, splitting, and which names are in a text.

Nothing here connects. Everything that needs to know where a token is asks PostgreSQL's own scanner and parser
(`alembic_ext.sqltext.pgquery`); no text is ever deparsed, so what a user wrote stays as he wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext.pgquery import (
    IDENT,
    RESERVED,
    SCONST,
    UIDENT,
    USCONST,
    Offsets,
    ParseError,
    parse,
    tokens,
)

# Every keyword of PostgreSQL 14 to 18 that is not unreserved (pg_get_keywords), as quote_identifier decides.
_KEYWORDS = frozenset(  # one word for each would be 140 lines
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
    char character check coalesce collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
    desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
    grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
    json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
    lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize
    not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision
    primary real references returning right row select session_user setof similar smallint some substring symmetric
    system_user table tablesample then time timestamp to trailing treat trim true union unique user using values
    varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest
    xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """.split()  # noqa: SIM905
)

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


def ident(*names: str) -> str:
    """Names joined with dots, each quoted where PostgreSQL's ``quote_identifier`` would; empty ones are skipped.

    >>> ident("", "public", "Order")
    'public."Order"'
    """
    return ".".join(
        name if _PLAIN.fullmatch(name) and name not in _KEYWORDS else '"' + name.replace('"', '""') + '"'
        for name in names
        if name
    )


def literal(text: str) -> str:
    """A text as a string constant, as ``quote_literal`` writes it; the same under every standard_conforming_strings."""
    quoted = text.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in text else f"'{quoted}'"


def one_line_literal(text: str) -> str:
    """A string constant that stands on one line: control characters are escapes in it.

    Alembic's offline mode writes four spaces for a tab.
    """
    if not _CONTROL.search(text):
        return literal(text)
    quoted = text.replace("'", "''").replace("\\", "\\\\")
    return "E'" + _CONTROL.sub(lambda found: _SHORT.get(found[0]) or f"\\x{ord(found[0]):02x}", quoted) + "'"


_CONTROL = re.compile(r"[\x01-\x1f\x7f]")
_UPPER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_ESCAPE = re.compile(r"([\\])(?:\1|([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6}))")


def folded(text: str) -> str:
    """A text as PostgreSQL folds names that stand in no quotes: ASCII letters alone."""
    return text.lower() if text.isascii() else text.translate(_UPPER)


def unquote(name: str) -> str:
    """A name as PostgreSQL stores it, from how it is spelled: folded or unquoted, cut to 63 bytes."""
    if name[:1] == '"':
        name = name[1:-1].replace('""', '"')
    elif name[:3] in ('U&"', 'u&"'):
        name = _ESCAPE.sub(
            lambda found: chr(int(found[2] or found[3], 16)) if found[2] or found[3] else "\\",
            name[3:-1].replace('""', '"'),
        )
    else:
        name = folded(name)
    if len(name) < 16:
        return name
    content = name.encode("utf-8", "surrogatepass")
    return name if len(content) <= 63 else content[:63].decode("utf-8", "ignore")


def parts(name: str) -> list[str]:
    """The names that a dotted name consists of, as PostgreSQL stores them: the inverse of `ident`."""
    return [unquote(part) for part in _PART.findall(name)]


_PART = re.compile(r'[uU]&"(?:[^"]|"")*"|"(?:[^"]|"")*"|[^\s."]+')


@dataclass(frozen=True)
class Statement:
    """One statement: its text as it was written, from its first word to its last, and what the parser says of it.

    ``source`` says where it stands. ``node`` is the name of its node in PostgreSQL's parse tree
    (``CreateFunctionStmt``), ``tree`` what is in it; a position in it, less ``start``, is a byte offset into the text.
    """

    text: str
    source: str
    node: str
    tree: Mapping[str, Any] = field(repr=False)
    start: int = field(default=0, repr=False)
    above: str = field(default="", repr=False)
    """What stands between the statement before and this one: comments."""


def split(text: str, source: str = "", *, numbered: bool = False) -> list[Statement]:
    """The statements of a text, each exactly as it stands between its first and its last word.

    Comments between statements belong to none. ``source`` says where the text was found; where it is ``numbered``
    (a file), each statement's source is that with its line.
    """
    try:
        found = parse(text)
    except ParseError as error:
        raise _refused(error, text, source, numbered) from None
    offset, line, counted, before = Offsets(text), 1, 0, 0
    result = []
    for raw in found:
        first = raw.get("stmt_location", 0)
        start, end = offset(first), offset(first + raw["stmt_len"]) if "stmt_len" in raw else len(text)
        above, before = text[before:start], end
        line, counted = line + _newlines(text[counted:start]), start
        ((node, tree),) = raw["stmt"].items()
        where = f"{source}:{line}" if numbered else source
        result.append(Statement(_trimmed(text[start:end]), where, node, tree, first, above))
    return result


_SEMICOLON = ord(";")
_NEWLINE = re.compile(r"\r\n|\r|\n")


def _newlines(text: str) -> int:
    return len(_NEWLINE.findall(text)) if "\r" in text else text.count("\n")


def _trimmed(text: str) -> str:
    """The text up to the end of its last token that is no comment."""
    text = text.rstrip()
    last = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
    if "--" not in last and not last.endswith(("*/", ";")):
        return text
    spans = [token for token in tokens(text) if token.number != _SEMICOLON]
    return text[: Offsets(text)(spans[-1].end)] if spans else ""


def _refused(error: ParseError, text: str, source: str, numbered: bool) -> DeclarationError:
    position = Offsets(text)(error.position) if error.position is not None else 0
    line = 1 + _newlines(text[:position])
    begin = max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
    words = _NEWLINE.split(text[begin:].lstrip(), maxsplit=1)[0].strip()
    where = f"{source}:{line}" if numbered else f"{source}, line {line} of the text".removeprefix(", ")
    return DeclarationError(
        f"SQL text cannot be read: {words[:120]}",
        where=where,
        server=error.message,
        help="correct the statement (psql's own commands, like \\i, are not SQL)",
    )


_OPERATORS = frozenset(b"+-*/<>=~!@#%^&|`?")
_WORD = re.compile(r'[uU]&"(?:[^"]|"")*"|"(?:[^"]|"")*"|[^\W\d][\w$]*')


def words(text: str, *, bodies: bool = False) -> frozenset[str]:
    """All names in a text as PostgreSQL folds them, keywords that are not reserved and operators included.

    With ``bodies`` also the words inside string constants, that of function bodies above all.
    """
    content = text.encode("utf-8", "surrogatepass")
    found: set[bytes] = set()
    inside: set[str] = set()
    for start, end, number, keyword in tokens(text):
        if number in (IDENT, UIDENT) or 0 < keyword < RESERVED or content[start] in _OPERATORS:
            found.add(content[start:end])
        elif bodies and number in (SCONST, USCONST):
            inside.update(_WORD.findall(content[start:end].decode("utf-8", "surrogatepass")))
    inside.update(name.decode("utf-8", "surrogatepass") for name in found)
    return frozenset(map(unquote, inside))


def mentioned(text: str, names: Collection[str]) -> list[str]:
    """Those of the names, in lower case, that a statement mentions outside of its constants."""
    plain = text.lower().replace('""', '"')
    if not any(name in plain for name in names):
        return []
    return sorted(name for name in {word.lower() for word in words(text)} if name in names)


# sqlalchemy.text() takes ":name" for a bind parameter and "\:" for a colon; 2.0 and 2.1 differ in what may follow the
# name, and this is the union of both (TextClause._bind_params_regex, compiler.BIND_PARAMS, BIND_PARAMS_ESC).
_TAKEN = re.compile(r"\\:|(?<![:\w\\]):[\w$]")
_UNTAKEN = re.compile(r"\\(:[\w$]*)(?![:\w$])")


def escaped(sql: str) -> str:
    """The text to give to ``op.execute()``, so that ``sqlalchemy.text()`` makes exactly ``sql`` of it.

    It is ``sql`` itself where SQLAlchemy leaves it alone; else every colon has a backslash.
    """
    return sql.replace(":", "\\:") if _TAKEN.search(sql) else sql


def unescaped(text: str) -> str:
    """What ``sqlalchemy.text()`` makes of what `escaped` gave."""
    return _UNTAKEN.sub(r"\1", text)


def one_line(text: str) -> str:
    """A text on one line: whatever is no printable character stands as an escape; `many_lines` undoes it."""
    if text.isprintable() and "\\" not in text and text == text.strip():
        return text
    edges = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
    return "".join(
        "\\\\"
        if char == "\\"
        else char
        if char.isprintable() and edges[0] <= place < edges[1]
        else _SHORT.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
        for place, char in enumerate(text)
    )


_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONG = re.compile(r"\\(?:([\\nrt])|u([0-9a-f]{4})|U([0-9a-f]{8}))")


def many_lines(text: str) -> str:
    """What `one_line` was given."""
    long = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
    return _LONG.sub(lambda found: long[found[1]] if found[1] else chr(int(found[2] or found[3], 16)), text)
