"""Comments that leave findings out: ``# alembic-ext: ignore[LB101, PG301] reason``, in Python and in SQL. Pure."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

_MARK = re.compile(r"alembic-ext:\s*ignore\b(?:\s*\[([^\]]*)\])?[ \t]*([^\n]*)")
_NOTHING = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING)


@dataclass(frozen=True)
class Ignore:
    """A comment that leaves findings out.

    Args:
        names: ids, slugs, aliases or groups of rules.
        reason: why.
        file: where it stands; empty in SQL text.
        line: where it stands.
        first: the first of the lines that it is for.
        last: the last one.
    """

    names: tuple[str, ...]
    reason: str
    file: str = ""
    line: int = 0
    first: int = 0
    last: int = 0


def in_python(source: str, file: str) -> list[Ignore]:
    """The comments of a file: each is for the statement that it stands in or behind, or for the one below it."""
    if "alembic-ext:" not in source:
        return []
    found: list[Ignore] = []
    waiting: list[tokenize.TokenInfo] = []
    first = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                waiting.append(token)
            elif token.type == tokenize.NEWLINE:
                found += _made(waiting, file, first, token.start[0])
                waiting, first = [], 0
            elif token.type not in _NOTHING and not first:
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError):  # Alembic has loaded it, but who knows
        pass
    return found + _made(waiting, file, 0, 0)


def _made(comments: Sequence[tokenize.TokenInfo], file: str, first: int, last: int) -> list[Ignore]:
    return [
        Ignore(*_read(mark), file, comment.start[0], first, last)
        for comment in comments if (mark := _MARK.search(comment.string))
    ]  # fmt: skip


def in_sql(text: str, statements: Sequence[str]) -> list[tuple[str, ...]]:
    """For each of the statements of a text the comments that are for it: in it, behind it on its line, or above it."""
    if "alembic-ext:" not in text:
        return [()] * len(statements)
    found: list[list[str]] = [[*_marks(one, inside=True)] for one in statements]
    end, line = 0, 0  # line: the first statement of those that stand on one line
    for number, one in enumerate(statements):
        start = text.find(one, end)
        _between(found, text[end:start], line, number)
        if "\n" in text[end:start] or "\n" in one:
            line = number
        end = start + len(one)
    _between(found, text[end:] + "\n", line, len(statements))
    return [tuple(one) for one in found]


def _between(found: list[list[str]], gap: str, first: int, number: int) -> None:
    """What stands before the statement of a number, and behind those that are on one line before it."""
    behind, newline, above = gap.partition("\n")
    if not number or not newline:
        behind, above = "", gap
    for one in found[first:number]:
        one += _marks(behind)
    if number < len(found):
        found[number] += _marks(above)


def _marks(text: str, *, inside: bool = False) -> list[str]:
    """The marks in comments; ``inside`` a statement only those behind two dashes, where it may be no comment."""
    lines = [line.partition("--")[2] for line in text.splitlines()] if inside else text.splitlines()
    return [mark[0].removesuffix("*/").rstrip() for line in lines if (mark := _MARK.search(line))]


def of_comment(mark: str) -> Ignore:
    """What `in_sql` found, read."""
    found = _MARK.search(mark)
    assert found
    return Ignore(*_read(found))


def _read(mark: re.Match[str]) -> tuple[tuple[str, ...], str]:
    names = tuple(name.strip() for name in (mark[1] or "").split(",") if name.strip())
    return names, mark[2].strip(" \t:-,;")
