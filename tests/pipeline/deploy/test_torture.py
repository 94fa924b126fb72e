"""Two at once, killed, terminated, cut off, told to stop: at every statement, or at random moments.

Whatever happens, no revision's work is ever committed twice; the version table agrees with the schema wherever a
revision is one transaction; where it is not, the exit code is 5 and what is said is so. Nothing but the database's own
word is trusted: each revision leaves a row and a table.

LONG=1 walks through every statement and a hundred rounds; by default it is a few of each.
"""

from __future__ import annotations

import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.pipeline.deploy.conftest import PIECES, ROUNDS, WHOLE, Shop

INTERRUPTION = '''
"""At one of the moments of a deploy something happens: before a statement, after it, before a commit."""
import os, pathlib, signal, time
import psycopg
from sqlalchemy import Engine, event

place, count = int(os.environ.get("AT", 0)), 0


def moment(connection):
    global count
    count += 1
    if "COUNT" in os.environ:
        pathlib.Path(os.environ["COUNT"]).write_text(str(count))
    if count != place:
        return
    what = os.environ["WHAT"]
    if what.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, what))
        time.sleep(0.1)
        return
    with psycopg.connect(os.environ["BOSS"], autocommit=True) as boss:
        raw = connection.connection.dbapi_connection
        pid = raw.info.backend_pid
        words = {"terminate": "a.pid = %s" % pid, "lock": "a.application_name = 'alembic-ext deploy lock'"}[what]
        boss.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity a "
                     "WHERE datname = current_database() AND " + words)


if place >= 0 and "COUNT" in os.environ:
    event.listen(Engine, "before_cursor_execute", lambda connection, *more: moment(connection))
    event.listen(Engine, "after_cursor_execute", lambda connection, *more: moment(connection))
    event.listen(Engine, "commit", moment)
'''


@pytest.fixture
def origin(shop: Callable[..., Shop]) -> Callable[..., Shop]:
    """Give a function that makes a project whose first revision is deployed, with more to do."""

    def make(*bodies: str, **how: Any) -> Shop:
        made = shop(**how)
        (made.project.folder / "interruption.py").write_text(INTERRUPTION)
        made.project.edit(
            made.project.env, "from alembic import context", "from alembic import context\nimport interruption"
        )
        made.revision('op.execute("CREATE TABLE ran (number text)")')
        made.start().ended()
        for number, body in enumerate(bodies, 1):
            made.revision(body.format(number=f"{number:04d}"))
        return made

    return make


def again(made: Shop) -> None:
    """Bring the database back to its first revision."""
    made.rows(
        "DO $$ DECLARE name text; BEGIN FOR name IN SELECT relname FROM pg_class WHERE relname LIKE 'made%' "
        "AND relkind = 'r' LOOP EXECUTE 'DROP TABLE ' || name; END LOOP; END $$"
    )
    made.rows(
        "DELETE FROM ran; UPDATE alembic_version SET version_num = '0000'; COMMENT ON TABLE alembic_version IS NULL"
    )


def state(made: Shop) -> tuple[int, list[str], list[str]]:
    """Give the version as a number, the rows, the tables: what each revision left."""
    (version,) = made.version
    tables = made.rows("SELECT relname FROM pg_class WHERE relname ~ '^made' AND relkind = 'r' ORDER BY 1")
    return int(version), sorted(made.rows("SELECT number FROM ran")), [name.removeprefix("made") for name in tables]


def agrees(made: Shop) -> None:
    """Every revision up to the version is there, once, and no other."""
    version, rows, tables = state(made)
    expected = [f"{number:04d}" for number in range(1, version + 1)]
    assert rows == tables == expected


def places(count: int, few: int) -> list[int]:
    """Give all moments of a run, or a few of them, the last ones included."""
    if ROUNDS or count <= few:
        return list(range(1, count + 1))
    step = (count - 1) / (few - 1)
    return sorted({round(1 + step * number) for number in range(few)})


def counted(made: Shop, skip: int = 0) -> int:
    """Deploy without an interruption, count the moments, and bring the database back."""
    file = made.project.folder / "count"
    made.start().ended()
    count = int(file.read_text())
    again(made)
    return count - skip


KINDS = ["terminate", "lock", "SIGTERM", "SIGKILL"]


def test_interrupted_at_every_statement(origin: Callable[..., Shop]) -> None:
    """Revisions that are transactions: each is there or not, and the next deploy goes on."""
    made = origin(WHOLE, WHOLE)
    count = counted(made)
    codes = set()
    for turn, place in enumerate(places(count, 8)):
        for what in KINDS if ROUNDS else [KINDS[turn % len(KINDS)]]:
            ended = made.start(at=place, what=what).ended()
            codes.add(ended.code)
            assert ended.code in {0, 3, 4, 143, -9}, (place, what, ended.text)
            assert "Traceback" not in ended.text, (place, what, ended.text)
            if ended.code != -9:
                applied = [name for event in ended.named("finished") for name in event["applied"]]
                assert state(made)[1] == applied, (place, what, ended.text)
            agrees(made)
            assert made.start().ended().code == 0
            assert state(made)[0] == 2
            agrees(made)
            again(made)
    assert {3, 4, 143, -9} <= codes


def test_interrupted_in_what_is_no_transaction(origin: Callable[..., Shop]) -> None:
    """A revision in pieces: nothing of it, or exit code 5 and words that are true, until somebody has looked."""
    made = origin(PIECES)
    count = counted(made)
    halves = 0
    for turn, place in enumerate(places(count, 8)):
        for what in KINDS if ROUNDS else [KINDS[(turn + 1) % len(KINDS)]]:
            ended = made.start(at=place, what=what).ended()
            assert "Traceback" not in ended.text, (place, what, ended.text)
            version, _, tables = state(made)
            partly = version == 0 and tables == ["0001"]
            if ended.code != -9:
                assert (ended.code == 5) == partly, (place, what, ended.text, made.comment)
            if partly:
                halves += 1
                true_words(made, ended.message if ended.code != -9 else None)
            else:
                agrees(made)
                assert made.start().ended().code == 0
                agrees(made)
            assert made.comment is None
            again(made)
    assert halves


def true_words(made: Shop, message: str | None) -> None:
    """Both the deploy that failed and the next one say what is there, and that one does nothing."""
    next_one = made.start().ended()
    assert next_one.code == 5, next_one.text
    assert not next_one.named("revision")
    index = made.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('index0001')")
    for text in filter(None, [message, next_one.message]):
        committed = re.split(r"\n  (?=\w)", text.partition("  committed:")[2])[0]
        assert "CREATE TABLE made0001" in committed, text
        if "CREATE INDEX" in committed:
            assert index == [True], text
        assert ("invalid: public.index0001" in text) == (index == [False]), text
    # what is left is run by hand: the table is there, so the index, the row, the version
    made.rows("DROP INDEX IF EXISTS index0001")
    made.rows("DROP TABLE made0001")
    assert made.start().ended().code == 5
    assert made.start(repair=True).ended().code == 0
    agrees(made)


def test_two_at_once(origin: Callable[..., Shop]) -> None:
    """Both end well, and every revision ran once."""
    made = origin(WHOLE, PIECES, WHOLE)
    waited = 0
    for turn in range(ROUNDS or 4):
        random.seed(turn)
        first = made.start()
        time.sleep(random.choice([0, 0.02, 0.05, 0.1]))
        second = made.start()
        both = [first.ended(), second.ended()]
        assert [one.code for one in both] == [0, 0], [one.text for one in both]
        agrees(made)
        done = [event["revision"] for one in both for event in one.named("done")]
        assert sorted(done) == ["0001", "0002", "0003"]
        waited += bool(both[0].named("waiting") or both[1].named("waiting"))
        again(made)
    assert waited


@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_signals_at_random_moments(origin: Callable[..., Shop], number: str) -> None:
    """Killed or told to stop, then deployed again, until it is done: nothing ran twice, and nothing is half there."""
    made = origin(*[WHOLE.replace("100)", "100) FROM pg_sleep(0.02)")] * 3)
    rolling = random.Random(number)
    for _ in range(ROUNDS or 5):
        running = made.start()
        time.sleep(rolling.random())
        running.signal(getattr(signal, number))
        ended = running.ended()
        assert ended.code in (0, -9, 143, -15), ended.text
        agrees(made)
        if ended.code == 143:
            assert re.search(
                r"stopped by signal 15: (\d{4} was (rolled back|finished)|.*nothing was (open|begun))", ended.message
            )
        if state(made)[0] == 3 or rolling.random() < 0.1:
            assert made.start().ended().code == 0
            assert state(made)[0] == 3
            agrees(made)
            again(made)
    assert made.start().ended().code == 0
    agrees(made)


def sleeps(made: Shop) -> None:
    """Wait until a statement sleeps, as the server sees it, and the deploy has had time to see it too."""
    end = time.monotonic() + 20
    while not made.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'") and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.parametrize(
    "how",
    [{}, {"driver": "psycopg2"}, {"driver": "asyncpg", "template": "async"}],
    ids=["psycopg", "psycopg2", "asyncpg"],
)
def test_a_signal_while_a_statement_runs(origin: Callable[..., Shop], how: dict[str, str]) -> None:
    """It is cancelled at once, though the driver waits in C; and the words say so."""
    made = origin('op.execute("CREATE TABLE made{number} (id int)")\nop.execute("SELECT pg_sleep(60)")', **how)
    running = made.start()
    running.until("statement", sql="CREATE TABLE")
    sleeps(made)
    began = time.monotonic()
    running.signal(signal.SIGTERM)
    ended = running.ended()

    assert time.monotonic() - began < 30
    assert ended.code == 143
    assert "0001 was rolled back" in ended.message
    assert "is cancelled" in ended.named("signal")[0]["message"]
    agrees(made)


def test_a_signal_in_what_is_no_transaction(
    origin: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]
) -> None:
    """The first lets it finish, the second cancels; what is invalid is told, and repaired when somebody says so."""
    made = origin(
        PIECES.replace("CREATE TABLE made{number} (id int)", "SELECT 1")
        .replace("made{number}", "ran")
        .replace("(id)", "(number)"),
        WHOLE,
    )
    for signals in (1, 2):
        blocker = boss(made)
        blocker.execute("SELECT * FROM ran")
        blocker.execute("SAVEPOINT a; LOCK TABLE ran IN ROW EXCLUSIVE MODE")
        running = made.start()
        running.until("blocked", sql="CREATE INDEX CONCURRENTLY")
        for number in range(signals):
            running.signal(signal.SIGTERM)
            running.until("signal", message=["finished first", "is cancelled"][number])
        if signals == 1:
            blocker.rollback()
        ended = running.ended()
        if signals == 1:
            assert ended.code == 143, ended.text
            assert "0001 was finished; 1 revision is committed" in ended.message
            assert made.version == ["0001"]
            made.rows("DROP INDEX index0001; DELETE FROM ran; UPDATE alembic_version SET version_num = '0000'")
    assert ended.code == 5, ended.text
    assert "invalid: public.index0001 on ran (nothing is building it)" in ended.message
    assert "failed:\n    1. CREATE INDEX CONCURRENTLY index0001" in ended.message
    assert made.start().ended().code == 5
    blocker.rollback()
    repaired = made.start(repair=True).ended()
    assert repaired.code == 0, repaired.text
    assert made.version == ["0002"]
    assert made.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'index0001'::regclass") == [True]


def test_an_index_that_somebody_still_builds_is_not_dropped(
    origin: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]
) -> None:
    """The deployer is killed, its statement goes on in the server: the next one sees it, and keeps away."""
    made = origin(
        PIECES.replace("CREATE TABLE made{number} (id int)", "SELECT 1")
        .replace("made{number}", "ran")
        .replace("(id)", "(number)")
    )
    blocker = boss(made)
    blocker.execute("LOCK TABLE ran IN ROW EXCLUSIVE MODE")
    running = made.start()
    running.until("blocked", sql="CREATE INDEX CONCURRENTLY")
    running.signal(signal.SIGKILL)
    assert running.ended().code == -9
    told = made.start().ended()
    assert told.code == 5
    assert re.search(r"invalid: public\.index0001 on ran \(process \d+ is building it\)", told.message), told.message
    refused = made.start(repair=True).ended()
    assert refused.code == 5
    assert "it is not repaired" in refused.message
    assert made.rows("SELECT count(*) FROM pg_class WHERE relname = 'index0001'") == [1]
    blocker.rollback()
    deadline = time.monotonic() + 20
    while made.rows("SELECT 1 FROM pg_stat_progress_create_index") and time.monotonic() < deadline:
        time.sleep(0.05)
    made.rows("DROP INDEX IF EXISTS index0001")
    assert made.start(repair=True).ended().code == 0
    agrees_with_rows = made.rows("SELECT number FROM ran")
    assert agrees_with_rows == ["0001"]


def test_the_lock_is_cut_off_while_a_statement_runs(
    origin: Callable[..., Shop], boss: Callable[..., psycopg.Connection[Any]]
) -> None:
    """The statement is cancelled, nothing is committed; a second deployer is not let in before that."""
    made = origin('op.execute("CREATE TABLE made{number} (id int)")\nop.execute("SELECT pg_sleep(60)")')
    running = made.start()
    running.until("statement", sql="CREATE TABLE")
    sleeps(made)
    one = boss(made, autocommit=True)
    one.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alembic-ext deploy lock' AND datname = current_database()"
    )
    ended = running.ended()

    assert ended.code == 4, ended.text
    assert "nothing more is sent or committed; 0001 was rolled back" in ended.message
    agrees(made)


def test_a_deploy_that_never_ends(origin: Callable[..., Shop]) -> None:
    made = origin('op.execute("SELECT pg_sleep(60)")')
    running = made.start()
    running.until("revision")
    refused = made.start(wait=0.5).ended()
    running.signal(signal.SIGTERM)

    assert refused.code == 4
    assert refused.named("waiting")[0]["holder"]["application"] == "alembic-ext deploy lock"
    assert running.ended().code == 143


def test_interruption_is_what_env_imports(origin: Callable[..., Shop]) -> None:
    """The witness of this file works: without it nothing of the above is shown."""
    made = origin(WHOLE)
    assert made.start(at=3, what="SIGKILL").ended().code == -9
    assert Path(made.project.folder / "count").read_text() == "3"
