"""Edits of SQL text by the position of its tokens: what is inside a constant or a quoted name is never touched."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from typing import NamedTuple

from alembic_ext.pgquery import Offsets, ParseError, tokens
from alembic_ext.sqltext import Statement


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
