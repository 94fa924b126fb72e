"""Edits of SQL text by the position of its tokens: what is inside a constant or a quoted name is never touched."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from alembic_ext.sqltext import Statement, folded, unquote
from alembic_ext.sqltext.pgquery import IDENT, UIDENT, Offsets, ParseError, Token, check, tokens


class Word(NamedTuple):
    """A token: what is written, where it starts and ends, and in how many brackets it stands."""

    text: str
    start: int
    end: int
    depth: int

    def is_(self, *words: str) -> bool:
        """Whether it is one of these words, outside of brackets."""
        return self.depth == 0 and self.text.lower() in words


def words_of(text: str) -> list[Word]:
    """The tokens of a text, without its comments."""
    offset, depth, found = Offsets(text), 0, []
    for token in tokens(text):
        start, end = offset(token.start), offset(token.end)
        word = text[start:end]
        depth -= word in (")", "]")
        found.append(Word(word, start, end, depth))
        depth += word in ("(", "[")
    return found


def commands(statement: Statement) -> list[Statement]:
    """An ``ALTER … name command, command`` as one statement per command."""
    text, relation = statement.text, statement.tree["relation"]
    content = text.encode("utf-8", "surrogatepass")
    name_at = len(content[: relation["location"] - statement.start].decode("utf-8", "surrogatepass"))
    words = words_of(text)
    place = next(place for place, word in enumerate(words) if word.start == name_at)
    while words[place + 1].text == ".":
        place += 2
    place += words[place + 1].text == "*"
    head = text[: words[place].end]
    return [
        replace(statement, text=f"{head} {piece}", tree={**statement.tree, "cmds": [command]})
        for piece, command in zip(listed(text, words[place + 1 :]), statement.tree["cmds"], strict=True)
    ]


def listed(text: str, words: list[Word]) -> list[str]:
    """What stands between the commas of a list that these words are."""
    pieces, first = [], 0
    for place, word in enumerate([*words, Word(",", 0, 0, 0)]):
        if word.is_(","):
            pieces.append(text[words[first].start : words[place - 1].end])
            first = place + 1
    return pieces


def without_word(text: str, word: str) -> str:
    """The text without the first occurrence of a keyword outside of brackets, and the blanks before it."""
    for found in words_of(text):
        if found.is_(word):
            return text[: found.start].rstrip() + text[found.end :]
    return text


def tidy(text: str) -> str:
    """The text without blanks at the ends of its lines; those inside constants and comments stay."""
    pieces, kept = [], 0
    for word in words_of(text):
        pieces += [_LINE_END.sub("\n", text[kept : word.start]), text[word.start : word.end]]
        kept = word.end
    return "".join(pieces) + text[kept:].rstrip()


_LINE_END = re.compile(r"[ \t]+\n")


def dedented(text: str) -> str:
    """A text as it is written in Python code, without the indentation it has there and a semicolon at its end.

    Where that would change a constant that spans lines, the indentation stays.
    """
    stripped = text.strip().rstrip(";").rstrip()
    if "\n" not in stripped:
        return stripped
    begin = len(text) - len(text.lstrip())
    shorter = textwrap.dedent(text[text.rfind("\n", 0, begin) + 1 :]).strip().rstrip(";").rstrip()
    try:
        same = [word.text for word in words_of(stripped)] == [word.text for word in words_of(shorter)]
    except ParseError:
        same = False
    return shorter if same else stripped


_BEGINS = re.compile(r"(?:\s|--[^\n\r]*[\n\r])*(create)(?=\s+[a-z])(\s+or\s+replace\b|(?!\s+or\b))", re.IGNORECASE)


def or_replace(text: str) -> str | None:
    """The statement with OR REPLACE after its CREATE, or None where PostgreSQL has no such statement."""
    found = _create(text)
    if found is None:
        return None
    if found[1] is not None:
        return text
    words = " or replace" if text[: found[0]].islower() else " OR REPLACE"
    replacing = text[: found[0]] + words + text[found[0] :]
    try:
        check(replacing)
    except ParseError:
        return None
    return replacing


def without_or_replace(text: str) -> str:
    """The statement without the OR REPLACE after its CREATE."""
    found = _create(text)
    return text if found is None or found[1] is None else text[: found[0]] + text[found[1] :]


def _create(text: str) -> tuple[int, int | None] | None:
    """Where CREATE ends, and where OR REPLACE behind it ends; None where the text begins otherwise."""
    if found := _BEGINS.match(text):
        return found.end(1), found.end(2) if found[2] else None
    offset = Offsets(text)
    spans = [(offset(token.start), offset(token.end)) for token in tokens(text)[:3]]
    words = [text[start:end].lower() for start, end in spans]
    if words[:1] != ["create"]:
        return None
    return spans[0][1], spans[2][1] if words[1:] == ["or", "replace"] else None


def unqualify(text: str, schema: str) -> str:
    """The text without ``schema.`` before a name; constants, bodies and other schemas stay as they are.

    Where the schema's name is also that of something in the text that may stand before a dot (a table's alias), the
    text is left as it is.
    """
    if schema not in text and schema not in folded(text) and "&" not in text:
        return text
    found, content = tokens(text), text.encode("utf-8", "surrogatepass")
    pieces, kept = [], 0
    for place, token in enumerate(found):
        if not token.is_name or _stored(content, token) != schema:
            continue
        before, after = found[place - 1] if place else None, found[place + 1] if place + 1 < len(found) else None
        if before and before.number == _DOT:
            continue
        if after and after.number == _DOT:
            if place + 2 < len(found) and (found[place + 2].is_name or _is_operator(content, found[:place])):
                pieces.append(content[kept : token.start])
                kept = found[place + 2].start
        elif _may_be_alias(content, before, after) and not text.startswith("REVOKE "):  # … FROM PUBLIC
            return text
    pieces.append(content[kept:])
    return b"".join(pieces).decode("utf-8", "surrogatepass")


_DOT, _CLOSE = map(ord, ".)")


def _stored(content: bytes, token: Token) -> str:
    return unquote(content[token.start : token.end].decode("utf-8", "surrogatepass"))


def _is_operator(content: bytes, before: Sequence[Token]) -> bool:
    """Whether what follows these tokens is an operator: ``OPERATOR s.=``, ``OPERATOR(s.=)``, ``OPERATOR 1 s.=``."""
    words = [content[token.start : token.end].lower() for token in before[-2:]]
    return words[-1:] == [b"operator"] or (words[:1] == [b"operator"] and (words[1] == b"(" or words[1].isdigit()))


def _may_be_alias(content: bytes, before: Token | None, after: Token | None) -> bool:
    """Whether a bare name between these tokens may be the alias of a table, or the name of a WITH query."""

    def word(token: Token | None) -> bytes:
        return content[token.start : token.end].lower() if token else b""

    if before and before.number in (IDENT, UIDENT, _CLOSE):
        return True
    return word(before) in (b"from", b"join", b"with", b"recursive") or word(after) == b"as"
