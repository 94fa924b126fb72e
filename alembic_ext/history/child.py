"""The child process, with two file descriptors to its parent.

It puts the guard in place, then serves the parent: what a command leads to is one answer, ``done`` or ``failed``.
Meanwhile it may ask the parent where a sandbox is, and the parent answers.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from alembic_ext.history.channel import Channel, Closed, Message
from alembic_ext.history.place import place
from alembic_ext.history.reads import Reads


def main() -> int:
    """Serve until the parent has had enough, or is gone; the descriptors are the first arguments."""
    channel = Channel(int(sys.argv[1]), int(sys.argv[2]))
    sys.argv[:] = ["alembic"]
    try:
        return _serve(channel, channel.receive())
    except Closed:
        return 1


def _serve(channel: Channel, begin: Message) -> int:
    reads = Reads()
    if begin["reads"]:
        reads.install(begin["addresses"])
    from alembic_ext.history.guard import Guard

    def ask(parameters: Mapping[str, str]) -> Mapping[str, str]:
        channel.send({"do": "where", "parameters": dict(parameters)})
        answer = channel.receive()
        if "parameters" not in answer:  # there is none, and the parent has had enough
            raise Closed
        found: Mapping[str, str] = answer["parameters"]
        return found

    guard = Guard(
        ask,
        begin["marker"],
        lambda problem: channel.send({"do": "refused", "problem": problem}),
        fenced=begin["fenced"],
        role=begin["role"],
        known=set(begin["known"]),
    )
    guard.install()
    os.environ.update(begin["environment"])
    served = _Served(channel, begin["project"])
    wanted: Message | None = channel.receive()
    while wanted is None or wanted["do"] != "end":
        wanted = channel.receive() if wanted is None else wanted
        if wanted["do"] == "end":
            break
        if wanted["do"] == "forget":
            guard.forget()
            channel.send({"do": "done"})
            wanted = None
            continue
        if wanted["do"] == "reads":
            channel.send({"do": "done", "value": reads.told()})
            wanted = None
            continue
        wanted = served.answer(wanted)
    return 0


class _Served:
    """The project, loaded when it is first asked for."""

    def __init__(self, channel: Channel, project: Sequence[str]) -> None:
        self._channel, self._project = channel, project

    @cached_property
    def environment(self) -> Any:
        from alembic_ext.history.steps import Environment, configuration

        return Environment(configuration(self._project), self._channel)

    def answer(self, wanted: Message) -> Message | None:
        """Do it and answer; give a message that came meanwhile and is not answered yet."""
        served: Any = None
        try:
            if wanted["do"] == "revisions":
                self._channel.send({"do": "done", "value": self.environment.revisions()})
                return None
            if wanted["do"] == "call":
                from alembic_ext.history.steps import called

                function = called(wanted["target"])
                self._channel.send({"do": "done", "value": function(self.environment.config, *wanted["words"])})
                return None
            served = self.environment
            left: Message | None = served.converse(wanted)
        except Closed:
            raise
        except BaseException as error:  # SystemExit of an env.py too
            stepping = served is not None and served.stepping
            told = {"told": served.told} if served and served.told else {}
            self._channel.send(_failed(error, served.done if served else 0, stepping=stepping) | told)
            return None
        return left


_ROLE_IS_THERE = (
    "roles belong to the whole server: if a run that was killed left it on that of the sandboxes, drop it there; if "
    "production has it before the first revision too, let the revision ask for that"
)


def _failed(error: BaseException, done: int, *, stepping: bool) -> Message:
    from alembic.util import CommandError

    from alembic_ext.errors import AlembicExtError, missing, plainly
    from alembic_ext.history.steps import Rows
    from alembic_ext.session import sqlstate

    at = place(traceback.extract_tb(error.__traceback__))
    if isinstance(error, SyntaxError) and error.filename:
        at = f"{error.filename}:{error.lineno}"
    if isinstance(error, Rows) and error.__cause__ is not None:
        at, error = error.place, error.__cause__
    ours = error if isinstance(error, AlembicExtError) else None
    server, state = str(getattr(error, "orig", "") or "").strip(), sqlstate(error) or ""
    there = _ROLE_IS_THERE if state == "42710" and server.startswith('role "') else ""
    return {
        "do": "failed",
        "type": type(error).__name__,
        "message": getattr(error, "problem", "") or server or plainly(error) or type(error).__name__,
        "own": isinstance(error, CommandError),
        "where": ours.where if ours else "",
        "server": ours.server if ours else "",
        "state": state,
        "statement": str(getattr(error, "statement", "") or ""),
        "place": at,
        "intended": isinstance(error, NotImplementedError),
        "refused": type(error).__name__ == "Refused",
        "help": getattr(error, "help", "") or missing(error) or there,
        "trace": "".join(traceback.format_exception(error)),
        "done": done,
        "stepping": stepping,
    }
