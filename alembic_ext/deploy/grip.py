"""A grip on one connection that env.py made: every statement, commit and rollback on it passes through here.

SQLAlchemy's events are set on the connection that env.py hands to ``context.configure()``, not on its engine or on the
class: it is the one that Alembic migrates with. They are the same for every driver, in asyncio too, since env.py hands
out the sync connection there (measured with psycopg, psycopg2 and asyncpg on SQLAlchemy 2.0.0 and 2.1.9). A statement
of ours goes over a cursor of the driver, so that it makes no event itself.

- the first statement of a transaction is preceded by ours: settings until its end, the second lock, and whether the
  first is still held;
- a statement gets a comment with its revision in front;
- before a commit the server is asked once more whether the first lock is held; if not, the driver's connection is
  rolled back and an error raised, and SQLAlchemy does not commit (measured);
- a commit or a statement in AUTOCOMMIT in the middle of a revision is preceded by a note on the version table.

Not seen is what a revision does over connections that it makes itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alembic_ext.deploy.events import blocker
from alembic_ext.deploy.journal import Step
from alembic_ext.deploy.lock import TICK, Busy, Claim, arming, holder
from alembic_ext.deploy.noting import Noting
from alembic_ext.deploy.place import Place, where
from alembic_ext.deploy.raw import Raw
from alembic_ext.deploy.work import Failure, Orders, Stopped, Work, is_lost, lost
from alembic_ext.errors import AlembicExtError, in_words
from alembic_ext.session import sqlstate
from alembic_ext.sqltext import literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, ExceptionContext

NAME = "alembic-ext deploy"
_ENDS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(commit|end|rollback|abort)\b(?!\s+(?:work\s+|transaction\s+)?to\b)",
                   re.IGNORECASE | re.DOTALL)  # fmt: skip
_ODD = re.compile(r"[^\w.+-]")


class Grip(Raw):
    """One connection of env.py's, for one run of it."""

    place: Place
    claim: Claim

    def __init__(self, connection: Connection, claims: Callable[[Place], Claim], orders: Orders) -> None:
        super().__init__(connection)
        self._claims, self.orders = claims, orders
        self.context: Any = None
        self.steps: list[Step] = []
        self.work: Work | None = None
        self.broken: AlembicExtError | None = None
        self.armed, self.pid, self.named = False, 0, ""
        self._noting = Noting(self, orders)

    @property
    def step(self) -> Step | None:
        """The revision that runs, or ran last."""
        return self.steps[-1] if self.steps else None

    def turn_to(self, context: Any) -> None:
        """What comes next on this connection belongs to this context of Alembic's.

        Nothing is sent yet: env.py may still want to begin a transaction, or to change the isolation level.
        """
        self.context, self.armed = context, False
        self._noting.turn()

    def listen(self) -> None:
        """Set the events; they end with the connection."""
        from sqlalchemy import event

        event.listen(self.connection, "begin", self._begins)
        event.listen(self.connection, "before_cursor_execute", self._before, retval=True)
        event.listen(self.connection, "after_cursor_execute", self._after)
        event.listen(self.connection, "commit", self._commits)
        event.listen(self.connection, "rollback", self._rolled_back)
        event.listen(self.connection, "savepoint", self._savepoint)
        event.listen(self.connection, "rollback_savepoint", self._back_to)
        event.listen(self.connection.engine, "handle_error", self._refused)

    def let_go(self) -> None:
        """Take back what was set on the engine, and settle what the run left open."""
        from sqlalchemy import event

        if event.contains(self.connection.engine, "handle_error", self._refused):
            event.remove(self.connection.engine, "handle_error", self._refused)
        self._settled()

    def _settled(self) -> None:
        for step in self.steps:
            step.settled()

    def try_out(self, sql: str) -> None:
        """Run a statement that must change nothing, and take back whatever it did."""
        self._may_go_on()
        autocommit = self.autocommit
        if autocommit:
            self.ask("BEGIN")
        elif not self.armed:
            self._arm()
        try:
            self.ask("SAVEPOINT alembic_ext_assertion")
            self.ask("SET TRANSACTION READ ONLY")
            self.ask(sql)
            self.ask("ROLLBACK TO SAVEPOINT alembic_ext_assertion")
            self.ask("RELEASE SAVEPOINT alembic_ext_assertion")
        finally:
            if autocommit:
                self.ask("ROLLBACK")

    # ------------------------------------------------------------------------------------------------------ events

    def _begins(self, _: Connection) -> None:
        self._settled()
        self.armed = False

    def _before(self, _: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        self._may_go_on()
        self._find_place()
        step, autocommit = self.step, self.autocommit
        if autocommit:
            self._alone()
        elif not self.armed:
            self._arm()
        self._call_it(local=not autocommit)
        if step and step.halfway:
            if autocommit:
                self._note(statement)
            ends = None if autocommit else _ENDS.match(statement)
            if ends:
                self._ends(step, ends[1].lower() in ("commit", "end"))
            else:
                step.sent(statement, autocommit=autocommit)
        revision = step.revision if step else "-"
        now = time.monotonic()
        self.work = Work(statement, revision, self.pid, now, not autocommit, next_look=now + 0.03)
        return f"/* {NAME}, revision {_ODD.sub('_', revision)} */ {statement}", parameters

    def _after(self, *_: Any) -> None:
        self.failure = None  # the one before was caught
        if self.step:
            self.step.answered()
        self._tell(None)

    def _commits(self, _: Connection) -> None:
        if self.broken is not None:
            self._give_up(self.broken)
        if self.autocommit:
            return
        if self.armed and not self._holds():
            self._give_up(lost())
        if self.step and self.step.halfway and self.step.pending:
            self._note(None)
        for step in self.steps:
            step.commits()

    def _rolled_back(self, _: Connection) -> None:
        self._settled()
        for step in self.steps:
            step.rolled_back()
        self.armed = False

    def _savepoint(self, _: Connection, name: str) -> None:
        if self.step:
            self.step.savepoint(name)

    def _back_to(self, _: Connection, name: str, __: Any) -> None:
        if self.step:
            self.step.back_to(name)

    def _refused(self, context: ExceptionContext) -> None:
        if context.connection is not self.connection:
            return
        error = context.original_exception
        state = sqlstate(error)
        lost = bool(context.is_disconnect) or is_lost(error)
        blockers = self.work.blockers if self.work else []
        self.failure = Failure(in_words(error), state, lost, blockers)
        for step in self.steps:
            step.refused(lost=lost)
        self._tell(self.failure.words)

    # ------------------------------------------------------------------------------------------------- what they do

    def _may_go_on(self) -> None:
        if self.broken is not None:
            self._give_up(self.broken)
        if self.orders.stopping() and not (self.step and self.step.committed):
            self._give_up(Stopped("the deploy was asked to stop"))

    def _give_up(self, error: AlembicExtError) -> None:
        """Roll back for good: whoever catches this error and goes on gets it again, and cannot commit."""
        self.broken = error
        raw: Any = self.connection.connection.dbapi_connection
        try:
            raw.rollback()
        except Exception as gone:
            self.failure = self.failure or Failure(in_words(gone), sqlstate(gone), True, [])
        for step in self.steps:
            step.pending.clear()
        raise error

    def _find_place(self) -> None:
        if self.context is not None:
            self.place, _ = where(self.rows, self.connection, self.context)
            self.claim, self.context = self._claims(self.place), None

    def _arm(self) -> None:
        """Take the second lock and set what holds until the transaction ends; nothing else is held while waiting."""
        self.named = ""
        until = time.monotonic() + self.orders.wait
        while True:
            second, first, self.pid, *_ = self.ask(arming(self.claim, self.orders.settings))
            if not first:
                self._give_up(lost())
            if second:
                self.armed = True
                return
            if time.monotonic() >= until:
                found = holder(self.rows, self.claim.second)
                who = f": {blocker(found)}" if found else ""
                self._give_up(Busy(f"a transaction of an earlier deploy has not ended{who}", help="end it, or wait"))
            if self.orders.stopping():
                self._give_up(Stopped("the deploy was asked to stop"))
            time.sleep(TICK)

    def _alone(self) -> None:
        """Before a statement in AUTOCOMMIT, where SET LOCAL is nothing: whether the lock is held."""
        held, self.pid = self.ask(f"SELECT {self.claim.held}, pg_catalog.pg_backend_pid()")
        if not held:
            self._give_up(lost())

    def _call_it(self, *, local: bool) -> None:
        """Have the session show the revision; pgbouncer keeps this setting for each client, local or not."""
        name = self._name()
        if self.named != name:
            self.ask(f"SELECT pg_catalog.set_config('application_name', {literal(name)}, {local})")
            self.named = name

    def _name(self) -> str:
        return f"{NAME} {self.step.revision}"[:63] if self.step else NAME

    def _holds(self) -> bool:
        row = self.ask(f"SELECT {self.claim.held}")
        return bool(row[0])

    def _ends(self, step: Step, commit: bool) -> None:
        """A COMMIT or ROLLBACK that a revision sends as text: what was before it stays, or is gone."""
        self.armed = False
        if commit and step.pending:
            self._note(None)
            step.commits()
            step.settled()
        step.pending.clear()

    def _note(self, running: str | None) -> None:
        """Leave word on the version table before something of a revision is there to stay."""
        if self.step is not None:
            self._noting.leave(self.step, self.place, running)

    def begins_anew(self, step: Step) -> None:
        """A revision begins, which may have been left half done."""
        self._noting.resume(step, self.place)

    def unnote(self) -> None:
        """Take the note away, in the transaction that writes the version."""
        self._noting.take(self.place)

    def _tell(self, error: str | None) -> None:
        work, self.work = self.work, None
        if work and self.step and self.step.phase != "before":
            self.orders.tell(
                "statement",
                revision=work.revision,
                sql=work.sql,
                ms=round((time.monotonic() - work.since) * 1000, 1),
                waited_ms=round(work.waited * 1000, 1),
                blockers=work.blockers or None,
                transactional=work.transactional,
                error=error,
            )
