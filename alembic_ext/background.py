"""Work in a thread of its own, while the caller does something else or a server answers somebody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def background(function: Callable[P, T], *args: P.args, **named: P.kwargs) -> Future[T]:
    """Begin to call a function; its result, or what it raised, is had from the future."""
    pool = ThreadPoolExecutor(1, "alembic-ext")
    future = pool.submit(function, *args, **named)
    pool.shutdown(wait=False)
    return future
