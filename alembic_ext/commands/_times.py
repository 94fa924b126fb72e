"""Times as PostgreSQL spells them, on the command line and in the configuration."""

from __future__ import annotations

import re
from collections.abc import Callable

import click

from alembic_ext.errors import AlembicExtError

_TIME = re.compile(r"\s*\+?(\d+\.?\d*|\.\d+)\s*(us|ms|s|min|h|d)\s*|\s*0\s*", re.ASCII)
_MS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_MOST = 2**31 - 1
HELP = "say a number with its unit: 500ms, 3s, 2min, 1h; 0 means no limit"


def is_time(text: str) -> bool:
    """Whether PostgreSQL takes a text for a timeout; without a unit it would be milliseconds, which nobody means.

    >>> [is_time(text) for text in ("3s", "1.5 min", "500", "0", "3 S", "1x", "", "-1", "60d")]
    [True, True, False, True, False, False, False, False, False]
    """
    found = _TIME.fullmatch(text)
    return found is not None and (found[1] is None or round(float(found[1]) * _MS[found[2]]) <= _MOST)


def check(name: str, text: str, *, empty: bool = False) -> None:
    """Refuse an option of the configuration that is none.

    Raises:
        AlembicExtError: it is none.
    """
    if not is_time(text) and (text or not empty):
        raise AlembicExtError(f"{name}: {text!r} is not a time", help=HELP)


def time(*, empty: bool = False) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Check an option of the command line; ``empty`` if nothing is one too."""

    def checked(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value is not None and not is_time(value) and (value or not empty):
            raise click.BadParameter(f"{value!r} is not a time: {HELP}")
        return value

    return checked
