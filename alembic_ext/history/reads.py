"""In the child process: what the project's code reads besides the database, so that a later run can tell whether it is
the same.

Python says of every file that it opens, by an audit event (PEP 578); so do the listing of a folder, and what leads out
of the process. What was imported before the hook was set is asked of `sys.modules`, and `sys.path` is listed. Which
variables of the environment are read the class of `os.environ` is made to tell. Not seen are the clock, and what a
library reads in C.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

OUTSIDE = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.Request",
           "http.client.connect", "ftplib.connect", "os.startfile")  # fmt: skip
"""Events after which nobody can tell what was read."""

Mark = tuple[int, int]
"""Time of change in nanoseconds and size of a file."""


class Reads:
    """All that was read since the hook was set; it cannot be taken back."""

    def __init__(self) -> None:
        self._files: dict[str, Mark | None] = {}
        self._folders: set[str] = set()
        self._outside: set[str] = set()
        self._variables: set[str] = set()

    def install(self) -> None:
        """Set the hooks."""
        environment: Any = type(os.environ)
        given = environment.__getitem__

        def getitem(mapping: Any, name: Any) -> Any:
            if mapping is os.environ and isinstance(name, str):
                self._variables.add(name)
            return given(mapping, name)

        environment.__getitem__ = getitem
        sys.addaudithook(self._hear)

    def told(self) -> dict[str, Any]:
        """What was read, as JSON knows values: files with their marks (None: there was none), folders, names.

        Of the folders that are ``searched`` for modules hidden files do not matter: tools leave theirs there.
        """
        for module in list(sys.modules.values()):
            if isinstance(name := getattr(module, "__file__", None), str):
                self._note(name)
        searched = {str(Path(one).absolute()) for one in sys.path}  # what is installed there may be a plugin
        return {
            "files": self._files, "folders": sorted(self._folders - searched), "searched": sorted(searched),
            "variables": sorted(self._variables), "outside": sorted(self._outside),
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
                self._folders.add(str(Path(os.fsdecode(path)).absolute()))
        elif event in OUTSIDE:
            self._outside.add(event)

    def _note(self, path: str) -> None:
        path = str(Path(path).absolute())
        if path.endswith(".pyc"):
            with suppress(ValueError):
                path = source_from_cache(path)
        if path in self._files or path == os.devnull:
            return
        try:
            found = Path(path).stat()
        except OSError:
            self._files[path] = None
            return
        if stat.S_ISREG(found.st_mode):
            self._files[path] = (found.st_mtime_ns, found.st_size)
        elif not stat.S_ISDIR(found.st_mode):
            self._outside.add(path)
