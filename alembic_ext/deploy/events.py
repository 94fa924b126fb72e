"""What a deploy says while it goes: events, as lines of JSON for machines and as sentences for people.

An event is a name and facts. Everybody who listens is a plain function of one event: the writer of JSON lines, that of
text, the spans of OpenTelemetry, and hooks of the user's own.

| event | when | facts |
|---|---|---|
| ``started`` | the plan is known | target, revisions, databases |
| ``waiting`` | another deploy holds the lock | holder |
| ``revision`` | a revision begins | revision, doc, attempt |
| ``statement`` | a statement of it ended | sql, ms, waited_ms, blockers, transactional, error |
| ``blocked`` | a statement waits for a lock | sql, blockers |
| ``retry`` | it ran into lock_timeout and was rolled back whole | attempt, seconds, error, blockers |
| ``done`` | it is committed | revision, ms |
| ``failed`` | it is not | revision, code, message |
| ``warning`` | something is worth knowing | message |
| ``signal`` | somebody asked the deploy to stop | signal, message |
| ``finished`` | the end | code, message, applied |

``ms`` are milliseconds. Every event has ``at``, its time in UTC as ISO 8601 writes it. Secrets are ``***``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from threading import RLock
from typing import Any, TextIO

from alembic_ext import redact


@dataclass(frozen=True)
class Event:
    """Something that happened, and when."""

    name: str
    facts: Mapping[str, Any]
    at: str

    def as_json(self) -> dict[str, Any]:
        """The event as JSON knows values."""
        return {"event": self.name, "at": self.at, **self.facts}


Listener = Callable[[Event], None]


class Teller:
    """Tells events to all who listen; one who fails is told nothing more, and the deploy goes on."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners, self._turn = list(listeners), RLock()

    def tell(self, name: str, **facts: Any) -> None:
        """Tell one event; facts that are None are left out, secrets are hidden."""
        known = {key: redact.value(value) for key, value in facts.items() if value is not None}
        event = Event(name, known, datetime.now(timezone.utc).isoformat(timespec="milliseconds"))
        with self._turn:  # a thread that watches tells too
            for listener in list(self._listeners):
                try:
                    listener(event)
                except Exception as error:  # a listener is the user's, or a pipe that nobody reads any more
                    self._listeners.remove(listener)
                    self.tell("warning", message=f"a listener failed and gets no further events: {error!r}")


def lines(stream: TextIO) -> Listener:
    """A listener that writes each event as a line of JSON."""

    def write(event: Event) -> None:
        stream.write(json.dumps(event.as_json(), ensure_ascii=True, default=str) + "\n")
        stream.flush()

    return write


def sentences(write: Callable[[str], None]) -> Listener:
    """A listener that says each event that people want to know as a line of text."""
    return lambda event: write(sentence(event)) if event.name in _SENTENCES else None


def sentence(event: Event) -> str:
    """An event in words."""
    return _SENTENCES[event.name](event.facts)


def _first(sql: str, width: int = 100) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def blocker(one: Mapping[str, Any]) -> str:
    """One who holds a lock, in words."""
    who = ", ".join(str(one[name]) for name in ("user", "application", "state") if one.get(name))
    words = f"process {one['pid']}" + (f" ({who})" if who else "")
    words += f", for {one['seconds']:.0f} s" if one.get("seconds") is not None else ""
    return words + (f": {_first(one['query'], 200)}" if one.get("query") else "")


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "started": lambda one: f"to do: {', '.join(one['revisions']) or 'nothing'}",
    "waiting": lambda one: f"another deploy holds the lock: {blocker(one['holder'])}",
    "revision": lambda one: (
        f"{one['revision']} {one.get('doc') or ''}".rstrip()
        + (f" (attempt {one['attempt']})" if one["attempt"] > 1 else "")
    ),
    "statement": lambda one: f"  {one['ms']:8.0f} ms  {_first(one['sql'])}" + (" FAILED" if one.get("error") else ""),
    "blocked": lambda one: f"  waits for {'; '.join(map(blocker, one['blockers']))}",
    "retry": lambda one: f"  rolled back, nothing is held; again in {one['seconds']:.1f} s",
    "done": lambda one: f"{one['revision']} is committed ({one['ms']:.0f} ms)",
    "failed": lambda one: str(one["message"]),
    "warning": lambda one: f"warning: {one['message']}",
    "signal": lambda one: f"{one['signal']}: {one['message']}",
    "finished": lambda one: str(one["message"]),
}
