"""Secrets: a statement holds a mark in the place of one, which names an environment variable.

    CREATE USER MAPPING FOR alice SERVER files OPTIONS (user 'alice', password '${env:FILES_PASSWORD}')

The value is read where the statement reaches the user's database: by a revision when it runs, and by `create_all`. A
throw-away database gets a placeholder, and a script the name of the variable. Of a secret that is there already only
the presence is read: the server prints a mark in its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from alembic_ext.errors import DeclarationError
from alembic_ext.sqltext import literal
from alembic_ext.sqltext.edit import words_of

SIGN = "${env:"
_MARK = re.compile(r"'\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}'")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

PLACEHOLDER = "YWxlbWJpYy1leHQ6IG5vIHNlY3JldCwgYSBwbGFjZSE="
"""Stands for every secret in a sandbox; as base64 it is 32 bytes long, which a SCRAM key has to be."""

WORDS = "pass(word|wd|file|phrase)|pwd|secret|token|key|credential"
"""A regular expression, for Python and PostgreSQL: an option whose name has one of these words is a secret."""
HARMLESS = "password_required"
"""But for this one."""


@dataclass(frozen=True)
class Secret:
    """A value that no script may hold: the name of the environment variable that a revision reads when it runs.

    >>> Secret("FILES_PASSWORD").sql
    "'${env:FILES_PASSWORD}'"

    In SQL text it is written so. Only options of foreign data whose name says that they are secret (password, token,
    key …) and the connection of a subscription may have one: they are not compared, apart from their presence.
    """

    variable: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.variable):
            raise DeclarationError(
                f"{self.variable!r} is not the name of an environment variable", help="give its name, not the secret"
            )

    @property
    def sql(self) -> str:
        """The mark, as SQL."""
        return f"'{SIGN}{self.variable}}}'"


def is_secret(option: str) -> bool:
    """Whether an option, by its name, holds a secret."""
    return option != HARMLESS and bool(re.search(WORDS, option, re.IGNORECASE))


def is_mark(value: str) -> bool:
    """Whether a constant is a mark."""
    return bool(_MARK.fullmatch(literal(value)))


def pieces(text: str) -> list[str | Secret]:
    """A statement, cut at its marks."""
    found: list[str | Secret] = []
    kept = 0
    for word in words_of(text) if SIGN in text else ():
        if match := _MARK.fullmatch(word.text):
            found += [text[kept : word.start], Secret(match[1])]
            kept = word.end
    return [*found, text[kept:]]


def hidden(text: str) -> str:
    """A statement for a throw-away database: with the placeholder for every secret."""
    if SIGN not in text:
        return text
    return "".join(piece if isinstance(piece, str) else literal(PLACEHOLDER) for piece in pieces(text))


def revealed(text: str, where: str = "") -> str:
    """A statement for the user's own database, with its secrets; ``where`` it was declared.

    Raises:
        DeclarationError: an environment variable is not set.
    """
    if SIGN not in text:
        return text
    return "".join(piece if isinstance(piece, str) else literal(_value(piece, where)) for piece in pieces(text))


def _value(secret: Secret, where: str) -> str:
    if secret.variable not in os.environ:
        raise DeclarationError(
            f"the environment variable {secret.variable} is not set",
            where=where,
            help="set it: the declaration takes a secret from it",
        )
    return os.environ[secret.variable]


def spelled(text: str, said: Iterable[str]) -> str:
    """A statement whose marks the server printed, with the constants that were written behind the same words.

    >>> spelled("ALTER USER MAPPING FOR a SERVER s OPTIONS (ADD password '${env:S_A_PASSWORD}')",
    ...         ["CREATE USER MAPPING FOR a SERVER s OPTIONS (password '${env:MINE}')"])
    "ALTER USER MAPPING FOR a SERVER s OPTIONS (ADD password '${env:MINE}')"
    """
    if SIGN not in text:
        return text
    written: dict[str, str] = {}
    for other in said:
        words = words_of(other)
        written |= {one.text.lower(): two.text for one, two in pairwise(words) if two.text[:1] == "'"}
    found, kept, before = [], 0, ""
    for word in words_of(text):
        if _MARK.fullmatch(word.text) and before in written:
            found += [text[kept : word.start], written[before]]
            kept = word.end
        before = word.text.lower()
    return "".join(found) + text[kept:]
