"""Where a history is played, and on what: a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ground:
    """Where a history is played, and on what.

    Args:
        dev_url: a server on which throw-away databases are made; None is the embedded one.
        on_server: make them on the server that env.py names. Nothing else ever does.
        role: whom the history runs as; None is the user of the server's URL, often a superuser, who may do all.
        roles: roles that revisions name. On a throw-away server they are made, elsewhere they must be there.
        extensions: made before the first revision.
        languages: made before the first revision, where they are not there.
        baseline: files with SQL that are run then.
        url_env: the environment variable in which env.py finds its URL, where it cannot be redirected.
        cache: whether templates are kept on the server of ``dev_url`` for later runs.
        volatile: ids of revisions that no template has.
        throwaway: whether the server of ``dev_url`` ends with this run, so that roles are made on it.
        settings: what is set for sessions, as (role, name, value), the weakest first: for the user that env.py names,
            or the ``role`` that stands for him; an empty role is every one.
    """

    dev_url: str | None = None
    on_server: bool = False
    role: str | None = None
    roles: Sequence[str] = ()
    extensions: Sequence[str] = ()
    languages: Sequence[str] = ()
    baseline: Sequence[Path] = ()
    url_env: str | None = None
    cache: bool = False
    volatile: Sequence[str] = ()
    throwaway: bool = False
    settings: Sequence[tuple[str, str, str]] = ()
