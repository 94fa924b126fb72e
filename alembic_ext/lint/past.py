"""In the child process: what a revision sends over the driver's own cursors, past SQLAlchemy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Hear = Callable[[Callable[[Any], Any], Any, Any], Any]
"""Is given what runs a query, the query, and its parameters; it gives what that gave."""

DRIVERS = ("psycopg", "psycopg2")


@contextmanager
def heard(driver: Any, hear: Hear) -> Iterator[None]:
    """Let the queries of a connection of psycopg or psycopg2 be run by somebody else, but for those that SQLAlchemy
    has for itself; of other drivers none are.
    """
    if not any(one.__module__.partition(".")[0] in DRIVERS for one in type(driver).__mro__):
        yield
        return
    factory = driver.cursor_factory
    with driver.cursor() as one:
        kind: Any = type(one)

    class Heard(kind):  # type: ignore[misc]
        """A cursor that does not run its queries itself."""

        def execute(self, query: Any, *args: Any, **words: Any) -> Any:
            run = super().execute
            if sys._getframe(1).f_globals.get("__name__", "").startswith("sqlalchemy."):
                return run(query, *args, **words)
            return hear(lambda text: run(text, *args, **words), self.__text(query), _parameters(args, words))

        def executemany(self, query: Any, *args: Any, **words: Any) -> Any:
            run = super().executemany
            first = next(iter(_parameters(args, words) or ()), ())
            return hear(lambda text: run(text, *args, **words), self.__text(query), first)

        def __text(self, query: Any) -> Any:
            if isinstance(query, bytes):
                return query.decode()
            return query.as_string(self) if hasattr(query, "as_string") else query

    driver.cursor_factory = Heard
    try:
        yield
    finally:
        driver.cursor_factory = factory


def _parameters(args: Any, words: Any) -> Any:
    named = (words.get(name) for name in ("params", "vars", "params_seq", "vars_list"))
    return args[0] if args else next((one for one in named if one is not None), None)
