"""The formats of a report: each is one file beside this one, found by looking into this folder.

A format is a module with

    NAME      what ``--format`` calls it
    SUFFIX    the ending of a file that is taken for it
    render    a pure function from a report to text; ``color`` asks for colors where the format has any

It escapes for itself whatever comes from a database, a revision or a branch; secrets are hidden before it is asked.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType

from alembic_ext import redact
from alembic_ext.findings import Report


@dataclass(frozen=True)
class Format:
    """A way to write a report down."""

    name: str
    suffix: str
    render: Callable[..., str]


@cache
def formats() -> MappingProxyType[str, Format]:
    """All formats by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return MappingProxyType({module.NAME: Format(module.NAME, module.SUFFIX, module.render) for module in modules})


def render(report: Report, name: str, *, color: bool = False) -> str:
    """The report in one format, its secrets hidden; ends with a line end."""
    written = formats()[name].render(redact.value(report), color=color)
    return written if written.endswith("\n") or not written else f"{written}\n"


_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Signs that move a cursor, color a terminal, turn the direction of writing or cannot be seen; no line end or tab."""


def shown(text: str) -> str:
    r"""A text without signs that do something: each stands as its escape.

    >>> print(shown("a\x1b[31mb"))
    a\x1b[31mb
    """
    return _CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The same in one line."""
    return re.sub(r"\s*\n\s*", " ", shown(text).strip()).replace("\t", " ")


def escaped(document: str) -> str:
    """JSON in whose strings nothing is left that the runners of pipelines obey."""
    return document.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[")


_COMMAND = re.compile(r"^(?=\s*::)|(?<=#)(?=#(?:\[|vso\[))", re.MULTILINE)


def unobeyed(text: str) -> str:
    """The same without what the runners of pipelines obey in a log: lines that begin with ``::``, and ``##[…]``.

    A blank of no width breaks both.
    """
    return _COMMAND.sub("\u200b", text)
