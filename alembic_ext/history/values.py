"""What is told of a history: its revisions, what a step changed, why one failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alembic_ext import errors
from alembic_ext.errors import AlembicExtError, HistoryFailed, Refused
from alembic_ext.model import Key, Stored


@dataclass(frozen=True)
class Revision:
    """A revision of the project."""

    id: str
    down: tuple[str, ...]
    """Those that it follows."""
    needs: tuple[str, ...]
    """Those that it depends on beside."""
    labels: tuple[str, ...]
    message: str
    file: str


@dataclass(frozen=True)
class Failure:
    """What the project's code raised when it was run."""

    type: str
    message: str
    state: str
    """The SQLSTATE, if the server refused something."""
    statement: str
    place: str
    """``file:line`` of the project's code."""
    intended: bool
    """Whether it was NotImplementedError, which says that there is no way back."""
    refused: bool
    """Whether we refused what it was about to do."""
    help: str
    trace: str
    done: int
    """How many steps were taken before."""
    stepping: bool
    """Whether a step was being taken: else it is env.py that failed, before it ran any."""
    own: bool
    """Whether it is an error of ours or of Alembic's, which needs no further words."""
    where: str
    """What an error of ours is about, if it says that."""
    server: str
    """The server's words in an error of ours."""
    told: Any = None
    """What the function around the step gave before."""

    def error(self, doing: str) -> HistoryFailed | Refused:
        """The same as an error to raise, for those who cannot go on."""
        help = self.help or "correct it"
        if self.state == "42704" and "role" in self.message:
            help = "name the role in roles of [tool.alembic-ext], so that sandboxes have it"
        made = Refused if self.refused else HistoryFailed
        return made(f"{doing}: {self.message}", where=self.where or self.place, server=self.server, help=help)

    def again(self, doing: str) -> AlembicExtError:
        """The error as it was raised, if it is ours or Alembic's; else `error`."""
        if not self.own:
            return self.error(doing)
        made = getattr(errors, self.type, None)
        ours = made if isinstance(made, type) and issubclass(made, AlembicExtError) else HistoryFailed
        return ours(self.message, where=self.where, server=self.server, help=self.help)


@dataclass(frozen=True)
class Change:
    """One object that a step changed; None where it was or is not there.

    ``database`` is empty where the project has one database.
    """

    database: str
    key: Key
    before: Stored | None
    after: Stored | None
