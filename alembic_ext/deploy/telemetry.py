"""OpenTelemetry: a deploy's events as spans; nothing is imported unless there is something to import."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from alembic_ext.deploy.events import Event, Listener


def spans(tracer: Any = None) -> Listener | None:
    """A listener that makes a span of the deploy, of each revision in it, and an event of each other thing.

    Args:
        tracer: one of OpenTelemetry's; by default the one that its own configuration gives, and None comes back where
            OpenTelemetry is not installed.
    """
    if tracer is None:
        try:
            trace = import_module("opentelemetry.trace")
        except ImportError:
            return None
        tracer = trace.get_tracer("alembic_ext.deploy")
    return _Spans(tracer)


class _Spans:
    """The open spans: that of the deploy, and that of the revision that runs."""

    def __init__(self, tracer: Any) -> None:
        self.tracer = tracer
        self.whole: Any = None
        self.revision: Any = None

    def __call__(self, event: Event) -> None:
        facts = {f"alembic.{name}": _plain(value) for name, value in event.facts.items()}
        if self.whole is None:
            self.whole = self.tracer.start_span("alembic deploy")
        if event.name == "revision":
            self._end(facts)
            self.revision = self.tracer.start_span(f"alembic revision {event.facts['revision']}", attributes=facts)
        elif event.name in ("done", "failed"):
            self._end(facts, event.name == "failed")
        elif event.name == "finished":
            self._end({})
            for name, value in facts.items():
                self.whole.set_attribute(name, value)
            self.whole.end()
            self.whole = None
        else:
            (self.revision or self.whole).add_event(event.name, facts)

    def _end(self, facts: dict[str, Any], failed: bool = False) -> None:
        if self.revision is None:
            return
        for name, value in facts.items():
            self.revision.set_attribute(name, value)
        self.revision.set_attribute("error", failed)
        self.revision.end()
        self.revision = None


def _plain(value: Any) -> Any:
    """A value as attributes may have it."""
    return value if isinstance(value, (str, int, float, bool)) else str(value)
