"""Deploys as processes, for tests: for each line of standard input one is forked.

Hundreds of rounds of real processes would cost minutes of imports. A forked one is as real, can be killed as any other,
and costs a tenth.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import coverage
import psycopg  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.ext.asyncio  # noqa: F401
from alembic.config import Config

from alembic_ext.deploy.asked import Options
from alembic_ext.deploy.events import lines, sentences
from alembic_ext.deploy.run import deploy
from alembic_ext.sqltext import split


def once(given: dict[str, Any]) -> int:
    """Deploy the project of this folder; give the exit code."""
    target = given.pop("target")
    with Path(given.pop("events")).open("a") as file:
        listeners = [lines(file), sentences(lambda text: print(text, file=sys.stderr, flush=True))]
        return deploy(Config("alembic.ini"), target, options=Options(**given), listeners=listeners).code


def serve() -> None:
    """For each line: fork, say the child's pid, say how it ended."""
    split("SELECT 1")  # loads the parser
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.chdir(asked["folder"])
            os.environ.update(asked["environment"])
            output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for number in (1, 2):
                os.dup2(output, number)
            faulthandler.register(signal.SIGUSR1)
            os.close(0)
            sys.path.insert(0, asked["folder"])
            code = 70
            try:
                code = once(asked["options"])
            finally:
                sys.stderr.flush()
                if found := coverage.Coverage.current():
                    found.stop()
                    found.save()
                os._exit(code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
