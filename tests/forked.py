"""Commands as processes of their own, each forked from one that has imported what they all import.

A forked process is as real as any other: it has its folder, environment, output and exit code, and its end. But to
import SQLAlchemy, Alembic and a driver takes 0.3 s of CPU, and twice that where coverage looks on: most of what the
usual command takes. Nothing of this package is imported before.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
USED = ("alembic.config", "alembic.command", "alembic.autogenerate", "click", "logging.config", "mako.template",
        "postgast", "psycopg", "rich.console", "rich.text", "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.ext.asyncio", "sqlalchemy.orm")  # fmt: skip
"""What the commands import of others' packages."""


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that it said."""
        return self.stdout + self.stderr


_idle: dict[tuple[bool, str], list[subprocess.Popen[bytes]]] = {}


def run(
    module: str,
    *words: str,
    folder: Path,
    environment: Mapping[str, str],
    bare: bool = False,
    installed: str = str(ROOT),
) -> Answer:
    """Run ``python -m module`` with these words, and wait for the end.

    Args:
        module: what is run.
        words: its arguments.
        folder: where.
        environment: all its variables. What Python itself reads while it starts, but ``PYTHONPATH``, is as it is here.
        bare: this package cannot be imported, and there are no models.
        installed: the ``PYTHONPATH`` with which Alembic looks for plugins.
    """
    idle = _idle.setdefault((bare, installed), [])
    server = idle.pop() if idle else _started(bare, installed)
    with tempfile.TemporaryDirectory() as place:
        said = [Path(place, name) for name in ("out", "err")]
        asked = {"module": module, "words": words, "folder": str(folder), "environment": dict(environment)}
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps({**asked, "said": [str(file) for file in said]}).encode() + b"\n")
        code = int(server.stdout.readline())
        out, err = (file.read_bytes().decode() for file in said)
    idle.append(server)
    return Answer(code, out, err)


def end() -> None:
    """End those who fork."""
    for idle in _idle.values():
        while idle:
            idle.pop().communicate()


def _started(bare: bool, installed: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, __file__, *["bare"] * bare]
    environment = os.environ | {"PYTHONPATH": installed}
    return subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


# ---------------------------------------------------------------------------------------------- the process that forks


def serve() -> None:
    """For each line of standard input: fork, and say how it ended."""
    del sys.path[0]  # the folder of the tests
    if "bare" in sys.argv[1:]:
        sys.modules["alembic_ext"] = None  # type: ignore[assignment]  # importing it fails, as where it is not installed
        sys.modules["models"] = type(sys)("models")  # migrations import it
        sys.modules["models"].__dict__["metadata"] = None
    for name in USED:
        __import__(name)
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def become(asked: Mapping[str, Any]) -> None:
    """Be the process that was asked for, until its end."""
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    for number, file in enumerate([os.devnull, *asked["said"]]):
        opened = os.open(file, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    path = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [str(Path.cwd()), *path, *(place for place in sys.path if place not in before)]
    sys.argv[:] = [asked["module"], *asked["words"]]
    runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    serve()
