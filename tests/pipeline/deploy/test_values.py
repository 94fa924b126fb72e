"""What needs no server: what became of statements, keys, spans, sentences, assertions."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from alembic_ext.deploy import assertions, glance, note
from alembic_ext.deploy.events import Event, Teller, lines, sentences
from alembic_ext.deploy.journal import Step
from alembic_ext.deploy.lock import FIRST, SECOND, key
from alembic_ext.deploy.run import _unforeseen
from alembic_ext.deploy.telemetry import spans
from alembic_ext.errors import AlembicExtError, Locked, Unreachable


def body() -> Step:
    made = Step("a")
    made.phase = "body"
    return made


def test_what_is_rolled_back_to_a_savepoint_is_not_committed() -> None:
    step = body()
    step.sent("one", autocommit=False)
    step.answered()
    step.savepoint("s")
    step.sent("two", autocommit=False)
    step.answered()
    step.back_to("s")
    step.commits()
    step.settled()
    assert step.committed == ["one"]
    assert step.partly


def test_a_commit_that_fails_leaves_nothing_unless_the_connection_was_lost() -> None:
    for lost in (False, True):
        step = body()
        step.sent("one", autocommit=False)
        step.answered()
        step.phase = "end"
        step.commits()
        step.refused(lost=lost)
        step.rolled_back()
        assert not step.done
        assert not step.partly
        assert step.unknown is lost


def test_in_autocommit_a_failure_leaves_a_doubt() -> None:
    step = body()
    step.sent("one", autocommit=True)
    step.refused(lost=True)
    assert (step.running, step.failed, step.partly) == ("one", "one", True)
    other = body()
    other.sent("one", autocommit=True)
    other.refused(lost=False)
    assert (other.running, other.failed, other.partly) == (None, "one", True)


def test_keys_differ_by_purpose_and_table() -> None:
    keys = {key(purpose, schema, table) for purpose in (FIRST, SECOND) for schema in "ab" for table in "ab"}
    assert len(keys) == 8
    assert all(-(2**63) <= one < 2**63 for one in keys)


def test_a_note_stands_behind_the_users_comment() -> None:
    written = note.Note("r", "now", "me", ("CREATE ROLE a PASSWORD 'x'", "'; DROP TABLE t; --"), None)
    sql = note.write("s", "t", "it's ours", written)
    assert sql.startswith("COMMENT ON TABLE s.t IS ")
    assert "PASSWORD ''***''" in sql
    comment = sql.partition(" IS ")[2].removeprefix("E").strip("'").replace("''", "'").replace("\\\\", "\\")

    def rows(_: str) -> Any:
        return [(comment, True)]

    user, found, ours = note.read(rows, "s", "t")
    assert (user, ours) == ("it's ours", True)
    assert found is not None
    assert found.revision == "r"
    assert found.committed[1] == "'; DROP TABLE t; --"
    assert note.write("s", "t", user, None) == "COMMENT ON TABLE s.t IS 'it''s ours'"
    assert note.read(lambda _: [("x\n[alembic-ext: {]", True)], "s", "t")[1] is None
    broken = note.read(lambda _: [("[alembic-ext: {}]", True)], "s", "t")[1]
    assert broken is not None
    assert broken.revision == "?"


class Tracer:
    """What OpenTelemetry's tracer does, as far as it is asked to."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start_span(self, name: str, attributes: Any = None) -> Tracer:
        self.told.append(f"start {name} {attributes or ''}".strip())
        return self

    def set_attribute(self, name: str, value: Any) -> None:
        self.told.append(f"{name}={value}")

    def add_event(self, name: str, attributes: Any) -> None:
        self.told.append(f"event {name} {attributes}")

    def end(self) -> None:
        self.told.append("end")


def test_spans() -> None:
    tracer = Tracer()
    teller = Teller(filter(None, [spans(tracer)]))
    teller.tell("started", revisions=["a"])
    teller.tell("revision", revision="a", attempt=1)
    teller.tell("done", revision="a", ms=2.0)
    teller.tell("finished", code=0)
    assert tracer.told == [
        "start alembic deploy",
        "event started {'alembic.revisions': \"['a']\"}",
        "start alembic revision a {'alembic.revision': 'a', 'alembic.attempt': 1}",
        "alembic.revision=a", "alembic.ms=2.0", "error=False", "end", "alembic.code=0", "end",
    ]  # fmt: skip


def test_lines_and_sentences() -> None:
    stream, said = io.StringIO(), list[str]()
    holder = {"pid": 7, "user": "joe", "application": "", "state": "idle", "seconds": 3.2, "query": "SELECT\n1"}
    teller = Teller([lines(stream), sentences(said.append)])
    teller.tell("waiting", holder=holder)
    teller.tell("blocked", sql="ALTER ROLE x PASSWORD 'secret'", blockers=[holder], error=None)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["event"] == "waiting"
    assert "error" not in second
    assert "secret" not in stream.getvalue()
    assert said[0] == "another deploy holds the lock: process 7 (joe, idle), for 3 s: SELECT 1"
    assert Event("x", {"a": 1}, "now").as_json() == {"event": "x", "at": "now", "a": 1}


def test_assertions_are_constants_with_a_mark() -> None:
    source = '''
X = "-- alembic-ext: assert not here\\nDO $$ $$"
def upgrade():
    op.execute("""
    -- alembic-ext: assert two
    do $$ BEGIN END $$
    """)
    op.execute("-- alembic-ext: assert\\nDELETE FROM t")
    op.execute("DO $$ -- alembic-ext: assert $$")
'''
    assert [words for words, _ in assertions.found(source)] == ["two"]


def test_an_error_of_ours_keeps_its_exit_code() -> None:
    errors = [Locked("a"), Unreachable("b"), AlembicExtError("c"), ValueError("d")]
    assert [_unforeseen(error, ()).code for error in errors] == [4, 3, 2, 2]


def test_who_holds_a_table_may_not_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no connection left to ask over, the lock is still what is told."""

    def refuse(*_: Any) -> Any:
        raise ConnectionError("too many clients")

    monkeypatch.setattr(glance, "parameters", lambda _: {})
    monkeypatch.setattr(glance, "connected", refuse)
    look: Any = object.__new__(glance.Glance)
    look.connection = None
    assert look._holders("t") == []
