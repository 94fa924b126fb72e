"""The command line of the throw-away server: `python -m alembic_ext.embedded`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from alembic_ext.embedded import environment, server
from alembic_ext.errors import ServerUnavailable


def main(words: Sequence[str] | None = None) -> int:
    """Start a server and wait until interrupted, or run a command with it and give the command's exit code."""
    about = "Start a throw-away PostgreSQL server, print its URL and wait; or run a command with it."
    parser = argparse.ArgumentParser("python -m alembic_ext.embedded", description=about)
    parser.add_argument("--tcp", action="store_true", help="listen on a free port of 127.0.0.1 too")
    parser.add_argument("-c", dest="settings", action="append", default=[], type=_setting, metavar="NAME=VALUE",
                        help="a setting")  # fmt: skip
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        help="run this with $DATABASE_URL, as psql takes it, and $SQLALCHEMY_URL; then stop",
    )
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with server(settings=dict(asked.settings), tcp=asked.tcp) as started:
            if asked.command:
                path = os.pathsep.join([str(started.bin), os.environ.get("PATH", os.defpath)])
                there = environment(started.bin) | {
                    "DATABASE_URL": started.url,
                    "SQLALCHEMY_URL": started.sqlalchemy_url,
                    "PATH": path,
                    "PG_BIN": str(started.bin),
                }
                return _run(asked.command, there)
            print(f"for SQLAlchemy: {started.sqlalchemy_url}", file=sys.stderr, flush=True)
            print(started.url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 130 if asked.command else 0
    except ServerUnavailable as error:
        if asked.settings and error.server:
            error = ServerUnavailable(
                error.problem, server=error.server, help=f"correct -c, if it is that; or {error.help}"
            )
        print(error, file=sys.stderr)
    return 1


def _setting(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{pair!r} is no NAME=VALUE, as in work_mem=64MB")
    return name, value


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code of a command; where it cannot be run, that of a shell."""
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        return 127 if isinstance(error, FileNotFoundError) else 126


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
