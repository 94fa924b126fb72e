"""The code that a statement runs: a DO block's, that of the functions and procedures that it calls. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from alembic_ext.sqltext import folded, unquote
from alembic_ext.sqltext.parsetree import Node, nodes_in
from alembic_ext.sqltext.pgquery import SCONST, USCONST, ParseError, parse, tokens

_SAID = frozenset({"raise", "debug", "log", "info", "notice", "warning", "exception"})
"""What a message stands behind."""
_CHANGES = frozenset({
    "alter", "create", "delete", "drop", "grant", "insert", "merge", "perform", "revoke", "update",
})  # fmt: skip
_BEGIN = frozenset({"", "begin", ";", "then", "else", "loop", ">>"})
"""What a statement of PL/pgSQL stands behind."""


def ends_transactions(code: str) -> bool:
    """Whether there is a COMMIT or ROLLBACK in some code."""
    content, before = code.encode(), ""
    with suppress(ParseError):
        for token in tokens(code):
            word = folded(content[token.start : token.end].decode())
            if word in ("commit", "rollback") and before in _BEGIN:
                return True
            before = word
    return False


def called(code: str) -> frozenset[str]:
    """The procedures that some code calls, by their bare names: what these do, it does."""
    spelled, found = _spelled(code), set[str]()
    for place, word in enumerate(spelled):
        if folded(word) == "call":
            end = next((after for after in range(place + 1, len(spelled)) if spelled[after] == "("), 0)
            found |= {unquote(spelled[end - 1])} if end > place + 1 else set()
    return frozenset(found)


def assigned(code: str) -> frozenset[str]:
    """The columns of the new row to which the code of a trigger gives a value."""
    spelled, found = _spelled(code), set[str]()
    words = [folded(one) for one in spelled]
    for place in range(1, len(words) - 3):
        if words[place] == "new" and words[place + 1] == ".":
            is_set = words[place - 1] in _BEGIN and words[place + 3] in (":=", "=")
            if is_set or words[place - 1] == "into":
                found.add(unquote(spelled[place + 2]))
    return frozenset(found)


def _spelled(code: str) -> list[str]:
    content = code.encode()
    with suppress(ParseError):
        return [content[token.start : token.end].decode() for token in tokens(code)]
    return []


def body_of(tree: Node) -> str:
    """The code of a DO, or of a function that is created; "" where there is none as text."""
    for one in (*tree.get("args", ()), *tree.get("options", ())):
        option = one.get("DefElem", {})
        if option.get("defname") == "as":
            arg = option["arg"]
            named = arg["List"]["items"][0] if "List" in arg else arg
            return str(named.get("String", {}).get("sval", ""))
    return ""


def constants(code: str) -> Iterator[str]:
    """The string constants in some code, those in the statements that it builds too, but for its messages."""
    content, before = code.encode(), ""
    with suppress(ParseError):
        for token in tokens(code):
            text = content[token.start : token.end].decode()
            if token.number in (SCONST, USCONST) and before not in _SAID:
                value = _value(text)
                yield value
                if "'" in value:
                    yield from constants(value)
            before = folded(text)


def statements(code: str) -> Iterator[tuple[str, Node]]:
    """The statements that change objects, or call functions, in some code of PL/pgSQL: node and tree; what it EXECUTEs
    too, where that is a constant.
    """
    content, start, depth = code.encode(), -1, 0
    with suppress(ParseError):
        before = ""
        for token in tokens(code):
            word = folded(content[token.start : token.end].decode())
            depth += (word == "(") - (word == ")")
            if start < 0 and word in _CHANGES and before in _BEGIN:
                start = token.start
            elif start >= 0 and word == ";" and not depth:
                text = content[start : token.start].decode()
                yield from _parsed(f"SELECT{text[7:]}" if folded(text[:7]) == "perform" else text)
                start = -1
            elif before == "execute" and token.number in (SCONST, USCONST):
                yield from _parsed(_value(content[token.start : token.end].decode()))
            before = word


def _parsed(text: str) -> Iterator[tuple[str, Node]]:
    with suppress(ParseError):
        for one in parse(text):
            yield from one["stmt"].items()


def _value(constant: str) -> str:
    with suppress(ParseError):
        for one in nodes_in(parse(f"SELECT {constant}")[0], "A_Const"):
            return str(one.get("sval", {}).get("sval", ""))
    return ""
