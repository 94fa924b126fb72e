"""What became of each statement of a revision: a value that follows the events of one connection. No I/O.

sent ──▶ pending ──commit──▶ committing ──▶ committed
  │         └──rollback──▶ (gone)   └─the commit failed──▶ unknown
  └─ in AUTOCOMMIT: sent ──▶ committed, or failed, or (the connection was lost) unknown
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic_ext.deploy.note import Note


@dataclass
class Step:
    """One revision on one target, from before its function is called until its version is committed.

    ``phase`` is ``"body"`` while its function runs, ``"version"`` while Alembic writes the version, then ``"end"``.
    ``committed`` are statements of it that no rollback takes back, in their order. ``failed`` is the one that failed,
    ``running`` one that was sent in AUTOCOMMIT and has no answer, ``pending`` those of the open transaction.
    ``alone`` is whether one failed in AUTOCOMMIT, which may leave something, as an invalid index. ``earlier`` is the
    note of a deploy that left it half done.
    """

    revision: str
    doc: str = ""
    path: str = ""
    phase: str = "before"
    pending: list[str] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    failed: str | None = None
    running: str | None = None
    current: str | None = None
    committing: bool = False
    done: bool = False
    unknown: bool = False
    savepoints: dict[str, int] = field(default_factory=dict)
    alone: bool = False
    earlier: Note | None = None

    @property
    def partly(self) -> bool:
        """Whether something of it is there to stay, or may be, and its version is not."""
        return bool(self.committed or self.running or self.alone or self.earlier) and not self.done

    @property
    def halfway(self) -> bool:
        """Whether it is in its body: a commit now is one in the middle of it."""
        return self.phase == "body"

    def sent(self, sql: str, *, autocommit: bool) -> None:
        """A statement is on its way."""
        if self.phase != "body":
            return
        self.current = sql
        if autocommit:
            self.running = sql

    def answered(self) -> None:
        """It succeeded."""
        if self.phase != "body" or self.current is None:
            return
        (self.committed if self.running is not None else self.pending).append(self.current)
        self.current = self.running = None

    def refused(self, *, lost: bool) -> None:
        """It failed, or the commit did; when the connection was ``lost`` nobody knows whether it took effect."""
        if self.committing:
            self.committing = False
            self.unknown = lost
            self.pending.clear()
            return
        if self.current is not None:
            self.failed = self.current
        self.current = None
        if self.running is not None and not lost:
            self.running, self.alone = None, True

    def savepoint(self, name: str) -> None:
        """A savepoint was set."""
        self.savepoints[name] = len(self.pending)

    def back_to(self, name: str) -> None:
        """What came after a savepoint was rolled back."""
        del self.pending[self.savepoints.get(name, len(self.pending)) :]

    def commits(self) -> None:
        """The transaction is about to be committed."""
        self.committing = True

    def settled(self) -> None:
        """Whatever was being committed is: the connection is used for something else, or the run ended well."""
        if self.committing:
            self.committing = False
            self.committed += self.pending
            self.pending.clear()
            self.done = self.phase == "end"

    def rolled_back(self) -> None:
        """The open transaction is gone."""
        if not self.committing:
            self.pending.clear()
            if self.phase == "end" and not self.done:
                self.phase = "lost"
