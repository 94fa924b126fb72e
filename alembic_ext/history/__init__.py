"""The sandbox with a history in it: the project's own env.py and revisions, run in a throw-away database.

    with opened(Ground(), words=["-c", "alembic.ini"]) as history:
        history.walk([("up", one.id) for one in history.revisions])

They are arbitrary code. They run in a child process, whose every connection is led to a sandbox and refused if it is
to anything else (`guard`); this process makes the sandboxes (`where`), tells the child which step to take (`steps`),
and looks what each step did (`watch`). What a long history gave is kept for the next run (`kept`, `reads`).

The conversation is on a pipe (`channel`). One child serves a whole run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from alembic_ext.errors import HistoryFailed, Refused
from alembic_ext.history.channel import Channel, Closed, Message
from alembic_ext.history.database import Database
from alembic_ext.history.ground import Ground
from alembic_ext.history.kept import Kept
from alembic_ext.history.values import Change, Failure, Revision
from alembic_ext.history.where import Databases, variable
from alembic_ext.model import Key, Stored

__all__ = ["Change", "Database", "Failure", "Ground", "History", "Revision", "opened"]

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from alembic_ext.history.child import main; sys.exit(main())"
)


class History:
    """A history that is played in sandboxes."""

    def __init__(
        self, databases: Databases, process: subprocess.Popen[bytes], channel: Channel, said: IO[bytes],
        kept: Kept | None = None,
    ) -> None:  # fmt: skip
        self._databases, self._process, self._channel, self._said = databases, process, channel, said
        self._kept, self._begun = kept, False

    @cached_property
    def revisions(self) -> tuple[Revision, ...]:
        """All of them, each after what it needs.

        Raises:
            AlembicExtError: they cannot be loaded.
        """
        answer = self._ask({"do": "revisions"})
        if isinstance(answer, Failure):
            raise answer.again("the project cannot be loaded")
        return tuple(
            Revision(
                one["id"], tuple(one["down"]), tuple(one["needs"]), tuple(one["labels"]), one["message"], one["file"]
            )
            for one in answer
        )

    @property
    def databases(self) -> Sequence[Database]:
        """The sandboxes, in the order in which they were asked for."""
        return tuple(self._databases.found.values())

    @property
    def output(self) -> str:
        """What env.py and the revisions printed."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def walk(self, steps: Sequence[tuple[str, str]]) -> Failure | None:
        """Take steps: ``("up", revision)`` or ``("down", revision)``; stop at the first that fails, and say why.

        With ``("mark", revision)`` it counts as applied without being run.
        What a step did before it failed is rolled back, if it was in its transaction.
        """
        self._begun = True
        with self._databases.noting_roles():
            answer = self._ask({"do": "walk", "steps": [list(step) for step in steps]})
        return answer if isinstance(answer, Failure) else None

    def watch_step(self, id: str, around: str, *, way: str = "up", **words: Any) -> tuple[Any, Failure | None]:
        """Upgrade by one revision inside the function ``module:name`` of the child, called with Alembic's context, the
        script, what runs it, and these words; give what it gave for each database, and why the step failed.

        Raises:
            AlembicExtError: the child ended.
        """
        self._begun = True
        with self._databases.noting_roles():
            answer = self._ask({"do": "walk", "steps": [[way, id]], "around": around, "words": words})
        return (answer.told or [], answer) if isinstance(answer, Failure) else (answer, None)

    def reach(self, ids: Sequence[str], *, keep: bool = True) -> Failure | None:
        """Have these revisions applied, and no others: as `walk` from the beginning, or from a template that is kept.

        Args:
            ids: their ids, each after what it needs.
            keep: whether a template may be made of it.
        """
        by_id = {one.id: one for one in self.revisions} if self._kept else {}
        wanted = [by_id[id] for id in ids] if self._kept else []
        template = self._kept.longest(self.revisions, wanted) if self._kept else None
        self._databases.template = template
        done, failure = 0, None
        try:
            if self._begun or (template and self.databases):
                self.afresh()
            cluster = self._kept.cluster() if self._kept and keep else ""
            if template is not None:
                failure = self.walk([])
                if self._databases.template is not None and len(self.databases) == 1 and failure is None:
                    done = template.length
        finally:
            self._databases.template = None
        if template is not None and not done:  # it is gone, or not for what env.py leads to here
            self.afresh()
        if failure is not None:
            return failure
        stop = self._kept.durable(wanted) if self._kept and keep else 0
        for end in (stop, len(ids)) if done < stop < len(ids) else (len(ids),):
            if (failure := self.walk([("up", id) for id in ids[done:end]])) is not None:
                return replace(failure, done=failure.done + done)
            if self._kept and done < end == stop and len(self.databases) == 1:
                reads = self._ask({"do": "reads"})
                self.release()
                self._kept.keep(self.databases[0], self.revisions, wanted[:end], reads, cluster, self._databases.marker)
            done = end
        return None

    def rows(self, file: Path) -> Failure | None:
        """Put the rows of a file into the database: of ``.sql``, or of ``.py`` with a function ``rows(connection)``."""
        answer = self._ask({"do": "rows", "file": str(file.absolute())})
        return answer if isinstance(answer, Failure) else None

    def call(self, function: str, *words: Any, doing: str) -> Any:
        """Run ``module:function`` in the child, with Alembic's Config and these words; what it gives must be JSON.

        Raises:
            AlembicExtError: it raised that; or something else, which is said behind ``doing``.
        """
        answer = self._ask({"do": "call", "target": function, "words": list(words)})
        if isinstance(answer, Failure):
            raise answer.again(doing)
        return answer

    def look(self, *, whole: bool = False) -> tuple[Change, ...]:
        """What has changed since the last look, which was when nobody has looked yet."""
        found = []
        for database in self.databases:
            label = database.label if len(self.databases) > 1 else ""
            first = database.watch is None
            watch = database.watched()
            changes = {} if first else watch.whole() if whole else watch.look()
            found += [Change(label, key, *pair) for key, pair in changes.items()]
        return tuple(found)

    def objects(self) -> Mapping[tuple[str, Key], Stored]:
        """All that was there at the last look, by database and key."""
        several = len(self.databases) > 1
        return {
            (database.label if several else "", key): stored
            for database in self.databases
            for key, stored in database.watched().objects.items()
        }

    def afresh(self) -> None:
        """Begin again, with sandboxes as before the first revision."""
        self.release()
        self._databases.afresh()
        self._begun = False

    def kill(self) -> None:
        """End the child process, which does not answer."""
        self._process.kill()

    def release(self) -> None:
        """Leave the sandboxes, so that they can be dropped or copied; the next step enters them again."""
        self._ask({"do": "forget"})
        for database in self.databases:
            database.unwatched()

    def _ask(self, message: Message) -> Any:
        """Send a command; answer what the child asks meanwhile; give its answer.

        Raises:
            Refused: the guard stopped it.
            HistoryFailed: the child ended.
        """
        try:
            self._channel.send(message)
            while (answer := self._channel.receive())["do"] == "where":
                self._channel.send(self._where(answer["parameters"]))
        except Closed:
            code = self._process.wait()
            said = "\n".join(self.output.strip().splitlines()[-20:])
            raise HistoryFailed(
                f"the process in which env.py runs ended with code {code}", server=said, help="see what it said"
            ) from None
        if answer["do"] == "refused":
            raise Refused(
                answer["problem"],
                help="let env.py make its engine of a URL, which is then redirected; or name the environment variable "
                "in which it finds its URL as url-env in [tool.alembic-ext]",
            )
        if answer["do"] == "failed":
            known = {name: answer[name] for name in Failure.__dataclass_fields__ if name in answer}
            return Failure(**known)
        return answer.get("value")

    def _where(self, parameters: Mapping[str, str]) -> Message:
        return {"parameters": dict(self._databases.of(parameters).parameters)}


@contextmanager
def opened(ground: Ground, *, words: Sequence[str] = (), folder: Path | None = None) -> Iterator[History]:
    """Start the child process for a project.

    Args:
        ground: where sandboxes are, and what is in them.
        words: options of the `alembic` command that say which project it is: ``-c``, ``-n``, ``-x``.
        folder: where that command would be run.

    Raises:
        SandboxUnavailable: no sandbox can be had.
    """
    with ExitStack() as ending:
        databases = Databases(ground, ending)
        environment = {ground.url_env: variable(databases, ground.url_env)} if ground.url_env else {}
        said = ending.enter_context(tempfile.TemporaryFile())
        reading, theirs = os.pipe()
        mine, writing = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(mine), str(theirs), json.dumps(sys.path)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            pass_fds=(mine, theirs),
        )
        os.close(mine)
        os.close(theirs)
        channel = Channel(reading, writing)
        ending.callback(_end, process, channel)
        dev = databases.dev() if ground.cache else None
        kept = Kept(dev, ground, words, folder or Path.cwd()) if dev else None
        channel.send({
            "marker": databases.marker, "fenced": ground.on_server, "role": ground.role, "environment": environment,
            "reads": kept is not None, "addresses": kept.addresses if kept else [],
            "known": [one.name for one in databases.found.values()], "project": list(words),
        })  # fmt: skip
        yield History(databases, process, channel, said, kept)


def _end(process: subprocess.Popen[bytes], channel: Channel) -> None:
    with suppress(Closed):
        channel.send({"do": "end"})
    channel.close()
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
