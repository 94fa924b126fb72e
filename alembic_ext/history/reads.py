"""In the child process: what the project's code reads besides the database, so that a later run can tell whether it is
the same.

Python says of every file that it opens, by an audit event (PEP 578); so do the listing of a folder, and what leads out
of the process. What was imported before the hook was set is asked of `sys.modules`, and `sys.path` is listed. Whether
a file is there is asked without an event: `os.stat`, `os.lstat` and `os.access` are wrapped, which `os.path` and
`pathlib` call. Which variables of the environment are read the class of `os.environ` is made to tell; who iterates over
it asks which there are. Not seen are the clock, and what a library reads in C.
"""

from __future__ import annotations

import os
import pathlib
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

OUTSIDE = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.Request",
           "http.client.connect", "ftplib.connect", "os.startfile")  # fmt: skip
"""Events after which nobody can tell what was read."""

Mark = tuple[int, int]
"""Time of change in nanoseconds and size of a file."""

_stat = os.stat


class Reads:
    """All that was read since the hook was set; it cannot be taken back."""

    def __init__(self) -> None:
        self._files: dict[str, Mark | None] = {}
        self._asked: dict[str, bool] = {}
        self._folders: dict[str, list[str]] = {}
        self._outside: set[str] = set()
        self._variables: set[str] = set()
        self._iterated = False
        self._server: Sequence[Sequence[Any]] = ()

    def install(self, server: Sequence[Sequence[Any]] = ()) -> None:
        """Set the hooks.

        Args:
            server: the addresses of the sandboxes' server: ``[path]`` or ``[host, port]``.
        """
        self._server = [list(one) for one in server]
        environment: Any = type(os.environ)
        getitem, iterate = environment.__getitem__, environment.__iter__

        def got(mapping: Any, name: Any) -> Any:
            if isinstance(name, (str, bytes)):  # of os.environb too
                self._variables.add(os.fsdecode(name))
            return getitem(mapping, name)

        def iterated(mapping: Any) -> Any:
            self._iterated = True
            return iterate(mapping)

        environment.__getitem__, environment.__iter__ = got, iterated
        for name in ("stat", "lstat", "access"):
            self._wrap(name)
        sys.addaudithook(self._hear)

    def _wrap(self, name: str) -> None:
        """Note what a function of `os` is asked about."""
        given = getattr(os, name)

        def asked(path: Any, *words: Any, **named: Any) -> Any:
            try:
                return given(path, *words, **named)
            finally:
                if named.get("dir_fd") is not None:
                    self._outside.add(f"os.{name}")
                elif not isinstance(path, int):
                    with suppress(OSError, TypeError, ValueError):
                        self._ask(os.fsdecode(path))

        for able in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if given in able:
                able.add(asked)
        setattr(os, name, asked)
        accessor: Any = getattr(pathlib, "_NormalAccessor", None)  # Python 3.10 has taken them before
        if getattr(accessor, name, None) is given:
            setattr(accessor, name, staticmethod(asked))

    def _ask(self, path: str) -> None:
        path = str(Path(path).absolute())
        if path in self._asked or path.endswith(".pyc") or "__pycache__" in path:
            return
        self._asked[path] = there(path)

    def told(self) -> dict[str, Any]:
        """What was read, as JSON knows values: files with their marks (None: there was none), folders, names.

        ``asked`` says which paths were there when that was first asked, ``folders`` what was in them when first listed.
        Of the folders that are ``searched`` for modules hidden files do not matter: tools leave theirs there.
        """
        for module in list(sys.modules.values()):
            if isinstance(name := getattr(module, "__file__", None), str):
                self._note(name)
        searched = {str(Path(one).absolute()) for one in sys.path}  # what is installed there may be a plugin
        return {
            "files": self._files, "asked": self._asked, "folders": self._folders, "searched": sorted(searched),
            "variables": sorted(self._variables), "iterated": self._iterated, "outside": sorted(self._outside),
        }  # fmt: skip

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            only_writes = (flags or 0) & os.O_ACCMODE == os.O_WRONLY if mode is None else set(mode).isdisjoint("r+")
            if isinstance(path, (str, bytes)) and not only_writes:
                self._note(os.fsdecode(path))
        elif event in ("os.listdir", "os.scandir"):
            path = "." if args[0] is None else args[0]
            if isinstance(path, int):
                self._outside.add(event)
            else:
                self._list(str(Path(os.fsdecode(path)).absolute()))
        elif event == "socket.connect":
            address = args[1]
            parts = [os.fsdecode(address)] if isinstance(address, (str, bytes)) else list(address[:2])
            if parts not in self._server:
                self._outside.add(event)
        elif event in OUTSIDE:
            self._outside.add(event)

    def _list(self, path: str) -> None:
        if path not in self._folders:
            self._folders[path] = []  # to list it is an event as well
            self._folders[path] = listing(path)

    def _note(self, path: str) -> None:
        path = str(Path(path).absolute())
        if path.endswith(".pyc"):
            with suppress(ValueError):
                path = source_from_cache(path)
        if path in self._files or path == os.devnull:
            return
        try:
            found = _stat(path)
        except OSError:
            self._files[path] = None
            return
        if stat.S_ISREG(found.st_mode):
            self._files[path] = (found.st_mtime_ns, found.st_size)
        elif not stat.S_ISDIR(found.st_mode):
            self._outside.add(path)


def there(path: str) -> bool:
    """Whether there is something at a path."""
    try:
        _stat(path)
    except (OSError, ValueError):
        return False
    return True


def listing(folder: str) -> list[str]:
    """The names in a folder."""
    try:
        return sorted(one.name for one in Path(folder).iterdir() if one.name != "__pycache__")
    except OSError:
        return []
